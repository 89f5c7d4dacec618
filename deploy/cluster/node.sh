#!/bin/sh
# One node of the cluster:
#   node.sh [option ...]             starts it with these options of mariadbd; it joins the others
#   node.sh bootstrap                lets its next start begin the cluster instead, with the data that it has
#   node.sh position [option ...]    tells which write is the last on its disk, as cluster:number
set -eu

data=${DATA_DIR:-/var/lib/mysql}
state=$data/grastate.dat

position() {
  mariadbd "$@" --wsrep-recover 2>&1 | sed -n 's/.*WSREP: Recovered position: *//p'
}

case ${1:-} in
  position)
    shift
    position "$@"
    exit
    ;;
  bootstrap)
    touch "$data/bootstrap"
    if [ -f "$state" ]; then sed -i 's/^safe_to_bootstrap: 0/safe_to_bootstrap: 1/' "$state"; fi
    exit
    ;;
esac

# A node that died knows only from its tables where it stood; without that it would copy everything anew.
# One that died while it copied does not know its cluster (nothing or zeros are noted), and has to.
if [ -f "$state" ] && grep '^uuid:' "$state" | grep -qv ' 00000000-'; then
  set -- "$@" "--wsrep-start-position=$(position "$@")"
fi

# Once others have joined, whoever begins anew would begin another cluster beside them: then it joins as well.
if [ -f "$data/bootstrap" ]; then
  if [ -f "$state" ] && grep -q '^safe_to_bootstrap: 0' "$state"; then
    rm "$data/bootstrap"
  else
    set -- "$@" --wsrep-new-cluster
  fi
fi

exec ${SERVER:-docker-entrypoint.sh mariadbd} "$@"
