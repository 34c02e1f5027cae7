# Of each site that sites.awk lists, the mutants: `site weakening argument`, separated by tabs. The argument is empty where
# a client must notice.
BEGIN { FS = OFS = "\t" }

function mutant(weakening, half,    text) {
  text = argument[half]
  if (text == "" && (half == "acquire" || half == "release")) text = argument["order"]
  print $1, weakening, text
}

{
  delete argument
  n = split($6, parts, "|")
  for (i = 1; i <= n; i++) {
    key = why = parts[i]
    sub(/: .*/, "", key)
    sub(/^[^:]*: /, "", why)
    kind = "redundant"
    if (sub(/^unseen /, "", key)) kind = "unseen"
    if (sub(/^outside /, "", key)) kind = "outside"
    argument[key] = kind ": " why
  }
}

$2 == "LOAD_ACQUIRE" || $2 == "STORE_RELEASE" { mutant("relaxed", "order") }
$2 == "CAS" || $2 == "ADD" {
  mutant("acquire", "acquire")
  mutant("release", "release")
  # Where each half alone is redundant, both together must be.
  if (argument["order"] != "" || (argument["acquire"] != "" && argument["release"] != "")) mutant("relaxed", "acquire")
  mutant("atomicity", "atomicity")
}
$2 == "FENCE" || $2 == "FENCE_LOADS" { mutant("dropped", "order") }
$2 == "FUTEX_WAKE" { mutant("dropped", "wake") }
