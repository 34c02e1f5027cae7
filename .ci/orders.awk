# Writes CSources/CPinwheel/ORDERS.md from what sites.awk lists, and from what noticed each mutant (lines
# `site weakening client how`, in the file named by `caught`).
BEGIN {
  FS = "\t"
  order["LOAD"] = order["STORE"] = "relaxed"
  order["LOAD_ACQUIRE"] = "acquire"
  order["STORE_RELEASE"] = "release"
  order["CAS"] = "acq_rel"
  order["ADD"] = order["FENCE"] = order["FENCE_LOADS"] = "seq_cst"
  order["FUTEX_WAIT"] = order["FUTEX_WAKE"] = "-"
  word["LOAD"] = word["LOAD_ACQUIRE"] = "load"
  word["STORE"] = word["STORE_RELEASE"] = "store"
  word["CAS"] = "CAS"
  word["ADD"] = "add"
  word["FENCE"] = "fence"
  word["FENCE_LOADS"] = "fence of loads"
  word["FUTEX_WAIT"] = "futex wait"
  word["FUTEX_WAKE"] = "futex wake"
  while ((getline line < caught) > 0) {
    split(line, parts, " ")
    how = parts[4]
    gsub(/_/, " ", how)
    catcher[parts[1], parts[2]] = "`" parts[3] "` (" how ")"
  }
  while ((getline line < mutants) > 0) {
    n = split(line, parts, "\t")
    text = parts[3]
    if (text == "") text = (parts[1], parts[2]) in catcher ? catcher[parts[1], parts[2]] : "NOT CAUGHT"
    # One argument for several is written once.
    before = cell[parts[1]]
    tail = ": " text
    cut = length(before) - length(tail)
    if (parts[3] != "" && cut > 0 && substr(before, cut + 1) == tail) cell[parts[1]] = substr(before, 1, cut) ", " parts[2] tail
    else cell[parts[1]] = before (before == "" ? "" : "<br>") parts[2] tail
  }
}

function plain(text) { gsub(/\|/, "\\|", text); return text }

$3 != file {
  file = $3
  print ""
  print "## " file
  print ""
  print "| site | in | order | why | mutants |"
  print "|---|---|---|---|---|"
}

{
  printf "| `%s` | `%s` | %s, %s | %s | %s |\n", $1, $4, word[$2], order[$2], plain($5), plain(cell[$1])
}
