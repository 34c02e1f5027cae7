// A peer: a process that measures one runtime, as the controller asks it to. Benchmarks/README.md has the protocol.
#pragma once

#include <functional>
#include <iostream>
#include <sstream>
#include "forkjoin.h"
#include "loops.h"
#include "matrices.h"
#include "mergesort.h"
#include "options.h"
#include "quiet.h"
#include "start.h"
#include "submissions.h"
#include "tiles.h"
#include "tinyloops.h"

namespace peers {

struct Family {
  std::string name;
  std::function<Answer(Request)> run;     // empty: the runtime has nothing of the kind
  std::function<Answer(Request)> serial;  // empty: there is no such thing
};

using Families = std::vector<Family>;

template <class R>
Families forkFamilies() {
  return {
      {"fib", fibFamily<R>, fibFamily<Serial>},
      {"skynet", skynetFamily<R>, skynetFamily<Serial>},
      {"nqueens", queensFamily<R>, queensFamily<Serial>},
      {"matmul", matmulFamily<R>, matmulFamily<Serial>},
      {"mergesort", mergeSortFamily<R>, mergeSortFamily<Serial>},
      {"uts", treeFamily<R, PublishedTree>, treeFamily<Serial, PublishedTree>},
      {"uts.fine", treeFamily<R, FineTree>, treeFamily<Serial, FineTree>},
      {"strassen", strassenFamily<R>, strassenFamily<Serial>},
      {"knapsack", knapsackFamily<R>, knapsackFamily<Serial>},
  };
}

template <class R>
Families loopFamilies() {
  using S = SerialLoops;
  Families families = {
      {"loop.static", staticFamily<R>, staticFamily<S>},
      {"loop.dynamic", dynamicFamily<R>, dynamicFamily<S>},
      {"loop.quiet", quietFamily<R, 1'000'000>, quietFamily<S, 1'000'000>},
      {"loop.parked", quietFamily<R, 100'000'000>, quietFamily<S, 100'000'000>},
      {"loop.tailed", tailedFamily<R>, tailedFamily<S>},
      {"loop.nested", nestedFamily<R>, nestedFamily<S>},
      {"loop.stencil", stencilFamily<R>, stencilFamily<S>},
      {"loop.reduce", reduceFamily<R>, reduceFamily<S>},
      {"loop.crowd", crowdFamily<R>, crowdFamily<S>},
      {"loop.tiny.1", tinyFamily<R, 1>, tinyFamily<S, 1>},
      {"loop.tiny.4", tinyFamily<R, 4>, tinyFamily<S, 4>},
      {"loop.tiny.16", tinyFamily<R, 16>, tinyFamily<S, 16>},
      {"loop.tiny.64", tinyFamily<R, 64>, tinyFamily<S, 64>},
      {"duty", dutyFamily<R>, dutyFamily<S>},
  };
  for (const char* nanoseconds : {"0", "10", "100", "1000", "10000", "100000", "1000000"}) {
    families.push_back({std::string("loop.grain.") + nanoseconds, grainFamily<R>, grainFamily<S>});
  }
  return families;
}

template <class R>
Families guidedFamilies() {
  return {{"loop.guided", guidedFamily<R>, guidedFamily<SerialLoops>}};
}

template <class R>
Families tileFamilies() {
  return {{"loop.tiles", tilesFamily<R>, tilesFamily<SerialLoops>}};
}

/// By default alone: how it starts is what a runtime cannot be tuned for.
template <class R>
Families startFamilies() {
  if (options.tuned) return {};
  return {{"start", startFamily<R>, {}}};
}

template <class R>
Families submitFamilies() {
  return {
      {"submit.1", submitFamily<R>, {}},
      {"submit.8", submitByEightFamily<R>, {}},
      {"submit.batch", submitBatchFamily<R>, {}},
      {"submit.latency", latencyFamily<R>, {}},
      {"submit.latency.8", latencyOfEightFamily<R>, {}},
      {"wake", wakeFamily<R>, {}},
  };
}

inline Families quietFamilies() { return {{"idle", idleFamily, {}}}; }

inline Families operator+(Families a, const Families& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline std::string reply(const Families& families, const std::string& line) {
  std::istringstream words(line);
  std::string verb, name;
  Request request;
  words >> verb;
  if (verb == "list") {
    std::string list = "families";
    for (const Family& family : families) list += " " + family.name;
    return list;
  }
  if (verb != "run" && verb != "serial") return "error unknown request: " + line;
  if (!(words >> name >> request.size)) return "error needed: FAMILY SIZE [REPEATS]";
  words >> request.repeats;
  auto family = std::find_if(families.begin(), families.end(), [&](const Family& f) { return f.name == name; });
  if (family == families.end()) return "unsupported";
  const auto& run = verb == "run" ? family->run : family->serial;
  if (!run) return "unsupported";
  Answer answer = run(request);
  return "ok " + std::to_string(answer.nanoseconds) + " " + std::to_string(answer.result) +
         " cpu=" + std::to_string(answer.cpu) + answer.keys;
}

inline void serve(const std::string& name, const std::string& version, const Families& families) {
  std::cout << "ready " << name << " " << (version.empty() ? "-" : version) << std::endl;
  std::string line;
  while (std::getline(std::cin, line) && line != "quit") std::cout << reply(families, line) << std::endl;
}

}  // namespace peers
