typedef int pw_unused;
