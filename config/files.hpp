#pragma once

// nines.yml and what it includes, as one tree.

#include <string>

#include "config/reader.hpp"
#include "config/yaml.hpp"

namespace nines::config {

// Reads a file (or a text that stands for one) and every file its `include` leads to. Lists of the same name are
// joined, mappings too; a value set in two files is a fault. Null when nothing could be read.
const Node* read_files(Context& context, Tree& tree, const std::string& path);
const Node* read_text_and_files(Context& context, Tree& tree, std::string_view text, const std::string& name);

// The mapping `modules` of one of blackbox_exporter's files, which may hold nothing else. Null when nothing could be
// read; `from` is the item that names the file, null without one.
const Node* read_exporter_file(Context& context, Tree& tree, const std::string& path, const Node* from);
// `modules` of `root` and of all that its `module_files` name, joined; a name set twice is a fault.
const Node* read_all_modules(Context& context, Tree& tree, Mapping& root);

}  // namespace nines::config
