# From `llvm-objdump -d` to the instructions that order memory: "function address token", one a line. Plain loads and
# stores are the tokens `load` and `store`; a call is `call:NAME`.
#
# Usage: awk -v arch=x86_64|aarch64 -f tokens.awk

function emit(token) { print name, "0x" address, token }

/^[0-9a-f]+ <.*>:$/ {
  name = $2
  gsub(/[<>:]/, "", name)
  print name, "-", "begins"
  next
}

# A relocation names who is called: "address:  R_X86_64_PLT32  pw_push_slowly-0x4".
/R_(X86_64_PLT32|X86_64_PC32|AARCH64_CALL26|AARCH64_JUMP26)/ && calling {
  callee = $NF
  sub(/[-+]0x[0-9a-f]+$/, "", callee)
  emit("call:" callee)
  calling = 0
  next
}

/^ *[0-9a-f]+:/ {
  address = $1
  sub(/:$/, "", address)
  line = $0
  sub(/^ *[0-9a-f]+:[ \t]*/, "", line)
  sub(/[ \t]*(#|\/\/|<).*$/, "", line)
  op = line
  sub(/[ \t].*$/, "", op)
  operands = substr(line, length(op) + 1)
  calling = 0
  if (arch == "x86_64") x86(); else arm()
}

# The prefix stands on a line of its own. Also a jump is a call, if a relocation follows.
function x86() {
  if (op == "lock") {
    locked = 1
    return
  }
  if (locked) {
    # An atomic operation that changes nothing, on the stack: how compilers write a full fence.
    if (op ~ /^or[lq]?$/ && operands ~ /^[ \t]*\$0x0, .*\(%rsp\)/) emit("fence")
    else emit("lock_" substr(op, 1, length(op) - (op ~ /[lq]$/)))
    locked = 0
  } else if (op ~ /^(call|jmp|j[a-z]+)/) calling = 1
  else if (op == "mfence") emit("fence")
  else if (op == "lfence" || op == "sfence") emit(op)
  else if (op ~ /^xchg/ && operands ~ /\(/) emit("lock_xchg")
  else if (op ~ /^mov/ && operands ~ /\(.*\).*,/) emit("load")
  else if (op ~ /^mov/ && operands ~ /\(/) emit("store")
}

function arm() {
  if (op == "b" || op == "bl" || op ~ /^(b\.|cb|tb)/) calling = 1
  else if (op == "dmb" || op == "dsb") emit(operands ~ /^[ \t]*ish[ \t]*$/ && op == "dmb" ? "fence" : op "_" substr(operands, match(operands, /[a-z]/)))
  else if (op ~ /^(ldar|ldapr|stlr|stllr|ldlar)/) emit(op)
  else if (op ~ /^(ld|st)a?l?xr|^(ld|st)a?l?xp|^(cas|swp|ldadd|ldset|ldclr|ldeor|stadd|stset|stclr)/) emit(op)
  else if (op ~ /^ld(r|p|ur)/) emit("load")
  else if (op ~ /^st(r|p|ur)/) emit("store")
}
