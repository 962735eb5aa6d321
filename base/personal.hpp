#pragma once

// Personal data in text, found by its shape. Used by Redactor.

#include <string>
#include <string_view>

namespace nines {

// E-mail addresses become "<email>", card numbers that pass Luhn's check "<card>", phone numbers "<phone>" and US
// social security numbers "<ssn>". Timestamps, UUIDs, hexadecimal ids, addresses, decimals and plain counters stay. A
// phone or social security number written without a sign, brackets, dashes or dots between its groups is only known by
// the word before it ("phone": "5551234567"). Linear in the text's length; any thread.
std::string hide_personal_data(std::string text);

}  // namespace nines
