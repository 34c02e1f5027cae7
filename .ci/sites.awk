# Lists the atomic sites of the C sources: one line each, fields separated by tabs:
#   name  operation  file  function  comment  redundant
# The comment is the one at the end of the site's line or, without that, the nearest one above it in its function. The
# last field holds what the comment says is redundant, `WEAKENING: why` or `unseen WEAKENING: why`, separated by `|`.
#
# In a comment block, `redundant acquire:` (release, atomicity, wake; nothing: the order as a whole) begins the argument
# why a mutant without it behaves the same; `unseen acquire:` why it is needed although the explorer shows nothing;
# `outside acquire:` what it does in a file that the explorer does not run. Names in
# brackets after it say for which of the sites under the block it holds, when not for all.

function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }

function flush_site(line, comment,    rest, name, operation) {
  rest = line
  while (match(rest, /PW_(LOAD|LOAD_ACQUIRE|STORE|STORE_RELEASE|CAS|ADD|FENCE|FENCE_LOADS|FUTEX_WAIT|FUTEX_WAKE)\([a-z_0-9]+[,)]/)) {
    operation = substr(rest, RSTART + 3, RLENGTH - 4)
    rest = substr(rest, RSTART + RLENGTH)
    name = operation
    sub(/\(.*/, "", operation)
    sub(/.*\(/, "", name)
    emit(name, operation, comment)
  }
}

function emit(name, operation, comment,    text, parts, n, i, mark, head, names, arguments) {
  text = comment
  arguments = ""
  # Cut at the marks.
  gsub(/(redundant|unseen|outside)( acquire| release| atomicity| wake)?( \([a-z_0-9, ]+\))?: /, "\001&", text)
  n = split(text, parts, "\001")
  for (i = 2; i <= n; i++) {
    head = parts[i]
    sub(/: .*/, "", head)
    mark = parts[i]
    sub(/^[^:]*: /, "", mark)
    names = ""
    if (match(head, /\(.*\)/)) {
      names = " " substr(head, RSTART + 1, RLENGTH - 2) " "
      gsub(/,/, " ", names)
      head = trim(substr(head, 1, RSTART - 1))
      if (index(names, " " name " ") == 0) continue
    }
    sub(/^redundant ?/, "", head)
    if (head == "") head = "order"
    if (head == "unseen" || head == "outside") head = head " order"
    arguments = arguments (arguments == "" ? "" : "|") head ": " trim(mark)
  }
  printf "%s\t%s\t%s\t%s\t%s\t%s\n", name, operation, file, current, trim(parts[1]), arguments
}

FNR == 1 {
  file = FILENAME
  sub(/.*\//, "", file)
  current = ""
  block = ""
  open_block = 0
}

# A whole line of comment: the block goes on, or a new one begins.
/^[ \t]*\/\// {
  text = $0
  sub(/^[ \t]*\/\/\/?[ \t]?/, "", text)
  block = open_block ? block " " text : text
  open_block = 1
  next
}

{
  open_block = 0
  if ($0 ~ /^[A-Za-z].*[a-z_0-9]+\(.*\{/ && $0 !~ /^(typedef|enum|struct [a-z_]+ \{)/) {
    current = $0
    sub(/\(.*/, "", current)
    sub(/.*[ *]/, "", current)
    own = block
  }
  code = $0
  comment = block
  if (match(code, /\/\/.*/)) {
    comment = substr(code, RSTART + 2)
    code = substr(code, 1, RSTART - 1)
  }
  if (code ~ /^#/) next
  flush_site(code, comment)
  if ($0 ~ /^\}/) { block = ""; current = "" }
}
