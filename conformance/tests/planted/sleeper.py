"""Never comes back; one operation leaves a child behind that holds every stream open."""

import fcntl
import os
import time


def echo(x):
    return x


def sleep(x):
    time.sleep(600)


def die_leaving_a_child(x):
    # A lock lasts as long as the last process that inherited it.
    fcntl.flock(os.open(os.environ["PLANTED_LOCK"], os.O_CREAT | os.O_RDWR), fcntl.LOCK_EX)
    if os.fork() == 0:
        time.sleep(600)
    os._exit(4)


def version():
    return "1.0"
