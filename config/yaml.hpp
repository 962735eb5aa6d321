#pragma once

// YAML as the readers of this room see it: a tree whose every node knows its place. Aliases are shared nodes, merge
// keys
// (`<<`) are expanded, `${VAR}` is not (reader.hpp does that when a value is read).

#include <cstddef>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/faults.hpp"

namespace nines::config {

// A file, or a text that stands for one.
struct Source {
  std::string name;                 // as shown in positions
  std::filesystem::path directory;  // what relative paths in it are relative to
  // blackbox_exporter's own file: `${VAR}` is text, a key without a value is as if it were not there, relative paths
  // are from the working directory first.
  bool exporter = false;
};

struct Node;

struct Member {
  const Node* key = nullptr;  // a scalar
  const Node* value = nullptr;
};

struct Node {
  enum class Kind { null, scalar, list, mapping };

  Kind kind = Kind::null;
  bool quoted = false;  // a scalar in quotes, or a block: always text
  std::string text;     // scalar
  const Source* source = nullptr;
  int line = 0;
  int column = 0;
  std::vector<const Node*> items;  // list
  std::vector<Member> members;     // mapping
  std::size_t weight = 1;          // nodes below and including this one, aliases counted each time
  std::size_t bytes = 0;           // of their texts, likewise

  Position at() const { return {source->name, line, column}; }
  bool is(Kind wanted) const { return kind == wanted; }
  // The value under a key, or null.
  const Node* value(std::string_view key) const;
};

// "a list", "a mapping", "text", "nothing": for sentences.
std::string_view kind_words(Node::Kind kind);

// Owns the nodes and sources of one load(). Nodes stay where they are.
struct Tree {
  std::deque<Node> nodes;
  std::deque<Source> sources;
};

inline constexpr std::size_t kMaxFileBytes = 64u << 20;
// What aliases and merge keys may add to what is written, in nodes and in bytes of text: an "alias bomb" is refused.
inline constexpr std::size_t kMaxAliasedNodes = 4'000'000;
inline constexpr std::size_t kMaxAliasedBytes = 64u << 20;

// The root of the only document in `text`; null after a fault that leaves nothing to read. `source` lies in `tree`.
const Node* parse_yaml(std::string_view text, const Source& source, Tree& tree, Faults& faults);

}  // namespace nines::config
