// Prints, for each thread of an OpenMP team, "thread N place P cpus C C C": what the runtime has decided, as its own
// functions tell (OpenMP 5.2, section 18.3). A place of -1: the thread is not bound.
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  // All at the end: what the runtime itself prints must not fall into the middle of a line.
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
#pragma omp parallel
#pragma omp critical
  {
    int place = omp_get_place_num();
    int count = place < 0 ? 0 : omp_get_place_num_procs(place);
    int *cpus = malloc((size_t)(count + 1) * sizeof *cpus);
    if (count > 0) omp_get_place_proc_ids(place, cpus);
    printf("thread %d place %d cpus", omp_get_thread_num(), place);
    for (int i = 0; i < count; i++) printf(" %d", cpus[i]);
    printf("\n");
    free(cpus);
  }
  return 0;
}
