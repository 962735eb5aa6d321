#include "config/files.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <glob.h>

namespace nines::config {
namespace {

namespace fs = std::filesystem;

// glob(3), sorted; what it allocates goes with it.
class Glob {
 public:
  explicit Glob(const std::string& pattern) { found_ = ::glob(pattern.c_str(), 0, nullptr, &paths_) == 0; }
  ~Glob() { ::globfree(&paths_); }
  Glob(const Glob&) = delete;
  Glob& operator=(const Glob&) = delete;

  std::vector<std::string> paths() const {
    if (!found_) return {};
    return {paths_.gl_pathv, paths_.gl_pathv + paths_.gl_pathc};
  }

 private:
  glob_t paths_{};
  bool found_ = false;
};

bool is_pattern(const std::string& path) {
  return path.find_first_of("*?[") != std::string::npos;
}

std::string literally(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    if (is_pattern({c}) || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// The files that an item of `include` or `module_files` names: one, or all that a pattern finds. What stands before the
// item's own text is no pattern, whatever the folders are called.
std::vector<std::string> named_files(Context& context, const Node& item, const std::string& text) {
  const std::string path = resolve_path(item, text);
  if (!is_pattern(text)) return {path};
  const std::string before = path.ends_with(text) ? path.substr(0, path.size() - text.size()) : std::string();
  auto found = Glob(literally(before) + text).paths();
  if (found.empty()) context.warnings.add(item.at(), "no file matches " + in_ticks(text) + ": nothing is read for it");
  return found;
}

class Files {
 public:
  Files(Context& context, Tree& tree) : context_(context), tree_(tree) {}

  // `from` is the item of `include` that names the file, null for the first.
  void read(const std::string& path, const Node* from) {
    std::error_code error;
    const std::string identity = fs::weakly_canonical(path, error).string();
    if (from != nullptr && is_known(path, identity, *from)) return;
    included_.emplace(identity, from);
    auto text = read_file(path, kMaxFileBytes);
    if (!text) {
      if (from != nullptr) {
        context_.fault(*from, std::move(text.error().message));
      } else {
        context_.faults.add(std::move(text.error()));
      }
      return;
    }
    open_.push_back(identity);
    read_text(*text, path, fs::path(path).parent_path());
    open_.pop_back();
  }

  void read_text(std::string_view text, const std::string& name, const fs::path& directory) {
    const Source& source = tree_.sources.emplace_back(Source{name, directory});
    const Node* root = parse_yaml(text, source, tree_, context_.faults);
    if (root == nullptr) return;
    if (merged_ == nullptr) {
      merged_ = &tree_.nodes.emplace_back();
      merged_->kind = Node::Kind::mapping;
      merged_->source = &source;
      merged_->line = merged_->column = 1;
    }
    Mapping map(context_, *root, "the file");
    for (const Member& member : root->members) {
      if (member.key->text != "include") add(member);
    }
    std::vector<std::pair<const Node*, std::string>> patterns;
    map.each("include", [&](const Node& item) {
      if (auto pattern = config::read_text(context_, item, "an item of `include`"))
        patterns.emplace_back(&item, *pattern);
    });
    for (const auto& [item, pattern] : patterns) {
      for (const std::string& path : named_files(context_, *item, pattern)) read(path, item);
    }
  }

  const Node* merged() const { return merged_; }

 private:
  // Tells a file that was read before; only the first of all has no item that names it, and that one stays open.
  bool is_known(const std::string& path, const std::string& identity, const Node& from) {
    if (std::ranges::find(open_, identity) != open_.end()) {
      context_.fault(from, path + " includes itself, by this or by way of others: expected no cycle");
      return true;
    }
    const auto known = included_.find(identity);
    if (known == included_.end() || known->second == nullptr) return false;
    context_.fault(from, path + " is included twice: the first is at " + place(known->second->at()));
    return true;
  }

  void add(const Member& member) {
    const auto [entry, fresh] = top_.try_emplace(member.key->text, nullptr);
    if (fresh) {
      Node& copy = tree_.nodes.emplace_back(*member.value);
      entry->second = &copy;
      merged_->members.push_back({member.key, &copy});
      return;
    }
    Node& first = *entry->second;
    if (member.value->is(Node::Kind::null)) return;
    if (first.is(Node::Kind::null)) {
      first = *member.value;
    } else if (first.is(Node::Kind::list) && member.value->is(Node::Kind::list)) {
      first.items.insert(first.items.end(), member.value->items.begin(), member.value->items.end());
    } else if (first.is(Node::Kind::mapping) && member.value->is(Node::Kind::mapping)) {
      for (const Member& inner : member.value->members) add_inner(first, inner);
    } else {
      set_twice(*member.key, first);
    }
  }

  void add_inner(Node& first, const Member& member) {
    if (const Node* known = first.value(member.key->text)) {
      set_twice(*member.key, *known);
    } else {
      first.members.push_back(member);
    }
  }

  void set_twice(const Node& key, const Node& first) {
    context_.fault(key, in_ticks(key.text) + " is set in two files: the first is at " + place(first.at()));
  }

  Context& context_;
  Tree& tree_;
  Node* merged_ = nullptr;
  std::map<std::string, Node*> top_;
  std::vector<std::string> open_;
  std::map<std::string, const Node*> included_;
};

// Members of `from` into `all`, each name once.
void join_modules(Context& context, const Node& from, Node& all) {
  if (!from.is(Node::Kind::mapping) && !from.is(Node::Kind::null)) {
    context.fault(from, "`modules` is " + std::string(kind_words(from.kind)) + ": expected a mapping");
  }
  for (const Member& member : from.members) {
    const auto known =
        std::ranges::find_if(all.members, [&](const Member& other) { return other.key->text == member.key->text; });
    if (known == all.members.end()) {
      all.members.push_back(member);
    } else {
      context.fault(*member.key, "the module " + in_ticks(member.key->text) + " is there twice: the first is at " +
                                     place(known->key->at()));
    }
  }
}

Node& make_mapping(Tree& tree, const Node& like) {
  Node& node = tree.nodes.emplace_back();
  node.kind = Node::Kind::mapping;
  node.source = like.source;
  node.line = like.line;
  node.column = like.column;
  return node;
}

}  // namespace

const Node* read_files(Context& context, Tree& tree, const std::string& path) {
  Files files(context, tree);
  files.read(path, nullptr);
  return files.merged();
}

const Node* read_text_and_files(Context& context, Tree& tree, std::string_view text, const std::string& name) {
  Files files(context, tree);
  files.read_text(text, name, {});
  return files.merged();
}

const Node* read_exporter_file(Context& context, Tree& tree, const std::string& path, const Node* from) {
  auto text = read_file(path, kMaxFileBytes);
  if (!text) {
    if (from != nullptr) {
      context.fault(*from, std::move(text.error().message));
    } else {
      context.faults.add(std::move(text.error()));
    }
    return nullptr;
  }
  const Source& source = tree.sources.emplace_back(Source{path, fs::path(path).parent_path(), true});
  const Node* root = parse_yaml(*text, source, tree, context.faults);
  if (root == nullptr) return nullptr;
  Mapping map(context, *root, "the file");
  const Node* modules = map.find("modules");
  map.finish();
  Node& all = make_mapping(tree, modules != nullptr ? *modules : *root);
  if (modules != nullptr) join_modules(context, *modules, all);
  return &all;
}

const Node* read_all_modules(Context& context, Tree& tree, Mapping& root) {
  Node& all = make_mapping(tree, root.node());
  if (const Node* own = root.find("modules")) join_modules(context, *own, all);
  std::map<std::string, const Node*> known;
  root.each("module_files", [&](const Node& item) {
    const auto name = read_text(context, item, "an item of `module_files`");
    if (!name) return;
    for (const std::string& path : named_files(context, item, *name)) {
      std::error_code error;
      const auto [first, fresh] = known.emplace(fs::weakly_canonical(path, error).string(), &item);
      if (!fresh) {
        context.fault(item, path + " is read twice: the first is at " + place(first->second->at()));
      } else if (const Node* modules = read_exporter_file(context, tree, path, &item)) {
        join_modules(context, *modules, all);
      }
    }
  });
  return &all;
}

}  // namespace nines::config
