#include "config/yaml.hpp"

#include <istream>
#include <optional>
#include <streambuf>
#include <unordered_map>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/text.hpp"
#include "config/utf8.hpp"

namespace nines::config {
namespace {

// Parsing goes on after a fault where it can; this ends it where it cannot.
struct Abandon {};

class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // only ever read
    setg(begin, begin, begin + text.size());
  }
};

class Builder : public YAML::EventHandler {
 public:
  Builder(const Source& source, Tree& tree, Faults& faults) : source_(source), tree_(tree), faults_(faults) {}

  const Node* root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      faults_.add(position(mark), "a second document: expected one document in a file");
      throw Abandon{};
    }
  }
  void OnDocumentEnd() override {}

  // yaml-cpp puts the value that is not there where the next word is: better at its key.
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node& node = make(Node::Kind::null, mark);
    const Node* key = open_.empty() ? nullptr : open_.back().key;
    if (key != nullptr) {
      node.line = key->line;
      node.column = key->column;
    }
    finish(node, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node& node = make(Node::Kind::scalar, mark);
    node.quoted = tag != "?" && !tag.empty();
    node.text = value;
    node.bytes = value.size();
    finish(node, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      faults_.add(position(mark), "an alias inside what it stands for: expected an anchor that ended before");
      throw Abandon{};
    }
    aliased_ += found->second->weight;
    aliased_bytes_ += found->second->bytes;
    bound_aliases(mark);
    attach(*found->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back({&make(Node::Kind::list, mark), anchor, nullptr});
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_.push_back({&make(Node::Kind::mapping, mark), anchor, nullptr});
  }
  void OnMapEnd() override {
    refuse_repeated_keys(*open_.back().node);
    expand_merge_keys(*open_.back().node);
    close();
  }

 private:
  struct Open {
    Node* node;
    YAML::anchor_t anchor;
    const Node* key;  // of a mapping: waits for its value
  };

  Position position(const YAML::Mark& mark) const { return {source_.name, mark.line + 1, mark.column + 1}; }

  Node& make(Node::Kind kind, const YAML::Mark& mark) {
    Node& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.source = &source_;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void close() {
    const Open done = open_.back();
    open_.pop_back();
    finish(*done.node, done.anchor);
  }

  void finish(const Node& node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = &node;
    attach(node);
  }

  void attach(const Node& node) {
    if (open_.empty()) {
      root_ = &node;
      return;
    }
    Open& parent = open_.back();
    parent.node->weight += node.weight;
    parent.node->bytes += node.bytes;
    if (parent.node->is(Node::Kind::list)) {
      parent.node->items.push_back(&node);
    } else if (parent.key == nullptr) {
      parent.key = &node;
    } else {
      add_member(*parent.node, {std::exchange(parent.key, nullptr), &node});
    }
  }

  void add_member(Node& mapping, Member member) {
    if (member.key->is(Node::Kind::scalar)) {
      mapping.members.push_back(member);
      return;
    }
    const bool looks_like_template = member.key->is(Node::Kind::mapping);
    faults_.add(member.key->at(), "a key is " + std::string(kind_words(member.key->kind)) + ": expected text" +
                                      (looks_like_template ? "; a template {{ … }} needs quotes around it" : ""));
  }

  void refuse_repeated_keys(Node& mapping) {
    std::unordered_map<std::string_view, const Node*> first;
    std::vector<Member> kept;
    kept.reserve(mapping.members.size());
    for (const Member& member : mapping.members) {
      const auto [known, fresh] = first.emplace(member.key->text, member.key);
      if (fresh) {
        kept.push_back(member);
      } else {
        faults_.add(member.key->at(), "`" + printable(member.key->text) + "` is set twice: the first is at " +
                                          place(known->second->at()));
      }
    }
    mapping.members = std::move(kept);
  }

  // https://yaml.org/type/merge.html: keys written here win, then the first mapping of a list.
  void expand_merge_keys(Node& mapping) {
    std::optional<Member> merge;
    std::erase_if(mapping.members, [&](const Member& member) {
      if (member.key->quoted || member.key->text != "<<") return false;
      merge = member;
      return true;
    });
    if (!merge) return;
    std::vector<const Node*> from = {merge->value};
    if (merge->value->is(Node::Kind::list)) from = merge->value->items;

    std::unordered_map<std::string_view, bool> present;
    for (const Member& member : mapping.members) present.emplace(member.key->text, true);
    for (const Node* node : from) {
      if (!node->is(Node::Kind::mapping)) {
        faults_.add(node->at(),
                    "`<<` is " + std::string(kind_words(node->kind)) + ": expected a mapping or a list of mappings");
        continue;
      }
      for (const Member& member : node->members) {
        if (!present.emplace(member.key->text, true).second) continue;
        mapping.members.push_back(member);
        mapping.weight += 1 + member.value->weight;
        mapping.bytes += member.key->bytes + member.value->bytes;
        ++aliased_;
        aliased_bytes_ += member.key->bytes + member.value->bytes;
      }
      bound_aliases(node->at());
    }
  }

  void bound_aliases(const YAML::Mark& mark) { bound_aliases(position(mark)); }
  void bound_aliases(const Position& at) {
    if (aliased_ > kMaxAliasedNodes) {
      faults_.add(at, "aliases repeat more than " + std::to_string(kMaxAliasedNodes) + " values: expected fewer");
      throw Abandon{};
    }
    if (aliased_bytes_ > kMaxAliasedBytes) {
      faults_.add(at, "aliases repeat more than " + std::to_string(kMaxAliasedBytes) + " bytes of text: expected less");
      throw Abandon{};
    }
  }

  const Source& source_;
  Tree& tree_;
  Faults& faults_;
  const Node* root_ = nullptr;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, const Node*> anchors_;
  std::size_t aliased_ = 0;
  std::size_t aliased_bytes_ = 0;
  int documents_ = 0;
};

}  // namespace

const Node* Node::value(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key->text == key) return member.value;
  }
  return nullptr;
}

std::string_view kind_words(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "text";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::mapping:
      return "a mapping";
  }
  return "";
}

const Node* parse_yaml(std::string_view text, const Source& source, Tree& tree, Faults& faults) {
  if (text.size() > kMaxFileBytes) {
    faults.add(Error{source.name + " has " + std::to_string(text.size()) + " bytes: expected at most 64 MiB"});
    return nullptr;
  }
  // yaml-cpp lets invalid UTF-8 pass and takes U+0004 for the end of the file.
  if (const auto wrong = find_bad_byte(text)) {
    faults.add({source.name, wrong->line, wrong->column}, wrong->what + ": expected YAML text in UTF-8");
    return nullptr;
  }
  Builder builder(source, tree, faults);
  try {
    TextBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Abandon&) {
    return builder.root();
  } catch (const YAML::Exception& error) {
    faults.add({source.name, error.mark.line + 1, error.mark.column + 1}, "not valid YAML: " + error.msg);
    return nullptr;
  }
  if (builder.root() != nullptr) return builder.root();
  Node& empty = tree.nodes.emplace_back();
  empty.source = &source;
  empty.line = empty.column = 1;
  return &empty;
}

}  // namespace nines::config
