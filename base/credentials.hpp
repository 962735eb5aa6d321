#pragma once

// Credentials that are not known beforehand, found by the name they go by: a header Set-Cookie, a member
// "access_token". Used by the makers of evidence; see base/evidence.hpp.

#include <string>
#include <string_view>

namespace nines {

// Whether a header or member of that name holds credentials: it contains token, password, passwd, secret, api-key,
// apikey, auth-key, x-auth, access-key, assertion, credential, session, cookie or authorization, in any case, with '-'
// or '_'.
bool names_credentials(std::string_view name);

// `lines` of "Name: value", with or without other lines among them: values of names that tell become "<secret>",
// together with the lines they are continued on.
//
//   hide_credentials_in_headers("HTTP/1.1 200\nSet-Cookie: id=7\n") == "HTTP/1.1 200\nSet-Cookie: <secret>\n"
std::string hide_credentials_in_headers(std::string_view lines);

// Values of "name=value" pairs of a query or a urlencoded form whose names tell become "<secret>", wherever they stand
// in `text`: at its start, or behind "?", "&" or ";".
//
//   hide_credentials_in_query("/items?page=2&token=eyJ") == "/items?page=2&token=<secret>"
std::string hide_credentials_in_query(std::string_view text);

// Text values of JSON members whose names tell become "<secret>", also when the JSON is cut, broken or stands within
// other text. Numbers, arrays and objects stay (the members of an object are looked at). Linear.
//
//   hide_credentials_in_body(R"({"access_token": "eyJ", "id": 7})") == R"({"access_token": "<secret>", "id": 7})"
std::string hide_credentials_in_body(std::string_view text);

}  // namespace nines
