# SPDX-License-Identifier: MIT
"""Hash a file through mmap, in an order, with some threads.

    fidelity.py FILE sequential|backwards|random THREADS

Pieces of an odd size are hashed in the order asked for, by as many threads; the
hash of their hashes, in the file's order, is printed.
"""

import hashlib
import mmap
import random
import sys
import threading

PIECE = 1000003


def main():
    path, order, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(path, "rb") as file:
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    starts = list(range(0, len(mapping), PIECE))
    if order == "backwards":
        starts.reverse()
    elif order == "random":
        random.Random(20260).shuffle(starts)
    elif order != "sequential":
        sys.exit("unknown order " + order)
    digests = {}

    def work(mine):
        view = memoryview(mapping)
        for start in mine:
            piece = view[start:start + PIECE]
            digests[start] = hashlib.sha256(piece).digest()
            piece.release()
        view.release()

    workers = [threading.Thread(target=work, args=(starts[i::threads],))
               for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(digests) == len(starts), "a thread died"
    whole = hashlib.sha256()
    for start in sorted(digests):
        whole.update(digests[start])
    print(len(mapping), whole.hexdigest())


main()
