typedef int px_unused;
