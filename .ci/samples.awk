# Cuts the Swift samples out of Markdown files, into one file each under `work`; see samples.
function finish_sample(  file, asynchronous, declares, i) {
  if (kind == "manifest") {
    file = work "/manifest/" count ".swift"
    for (i = 1; i <= lines; i++) print body[i] > file
    close(file)
    return
  }
  file = work "/" kind "/" count ".swift"
  print "import Pinwheel" > file
  for (i = 1; i <= lines; i++) {
    if (body[i] ~ /await /) asynchronous = "async "
    # Its line stays, empty, so that the numbers in the compiler's messages are the page's.
    if (body[i] ~ /^import /) { print body[i] > file; body[i] = "" }
  }
  declares = body[1] ~ /^(func|struct|extension|final class|@main) ?/
  printf "%s", needs > file
  if (!declares) print "func sample" count "(pool: ThreadPool) " asynchronous "throws {" > file
  print "#sourceLocation(file: \"" FILENAME "\", line: " first ")" > file
  for (i = 1; i <= lines; i++) print body[i] > file
  if (!declares) print "}" > file
  print "#sourceLocation()" > file
  close(file)
}

BEGIN { kind = "passes" }

/^<!-- sample needs:/ { hidden = 1; next }
hidden && /^-->/ { hidden = 0; next }
# All samples are one module: what two of them need under one name must not clash.
hidden && /^(func|let) / { $0 = "private " $0 }
hidden { needs = needs $0 "\n"; next }
/^<!-- sample fails -->/ { kind = "fails"; next }
/^<!-- sample manifest -->/ { kind = "manifest"; next }

/^```swift/ { code = 1; count++; lines = 0; first = FNR + 1; next }
/^```text/ && promised { errors = work "/fails/" promised ".errors"; next }
/^```/ && code {
  finish_sample()
  promised = kind == "fails" ? count : 0
  code = 0; kind = "passes"; needs = ""
  next
}
/^```/ && errors != "" { close(errors); errors = ""; promised = 0; next }
code { body[++lines] = $0 }
errors != "" { print > errors }
