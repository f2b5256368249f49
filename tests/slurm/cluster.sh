#!/usr/bin/env bash
# A real Slurm cluster of one node, without systemd, cgroups, or anything outside its folder.
#
#   cluster.sh start DIR PORT [LINE…]   start and wait until the node is idle; LINEs go to slurm.conf
#   cluster.sh up DIR NAME              start one daemon again: munged, slurmctld or slurmd
#   cluster.sh down DIR NAME            stop one daemon
#   cluster.sh stop DIR                 stop all three
#
# DIR is absolute and short (a unix socket's path holds 107 bytes); PORT and the next are used.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
action=$1 dir=$2
conf=$dir/etc/slurm.conf
export SLURM_CONF=$conf
node=$(hostname -s)

is_alive() { # is_alive NAME: our pid file names a living process of that name
    local pid
    pid=$(cat "$dir/run/$1.pid" 2>/dev/null) || return 1
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$1" ] || return 1
    [[ $(cat "/proc/$pid/stat" 2>/dev/null) != *") Z "* ]]
}

up() {
    is_alive "$1" && return
    case $1 in
    # --force: /tmp, which all may write to, is among the folders above DIR.
    munged) munged --force --num-threads=2 --key-file="$dir/munge/key" --socket="$dir/run/munge.socket" \
        --pid-file="$dir/run/munged.pid" --log-file="$dir/munge/log" --seed-file="$dir/munge/seed" ;;
    *) "$1" -f "$conf" ;;
    esac </dev/null >>"$dir/log/$1.out" 2>&1
}

down() {
    is_alive "$1" || return 0
    kill "$(cat "$dir/run/$1.pid")"
    for _ in $(seq 300); do
        is_alive "$1" || return 0
        sleep 0.1
    done
    kill -9 "$(cat "$dir/run/$1.pid")"
}

write_configuration() { # write_configuration PORT [LINE…]
    local port=$1
    shift
    cat >"$conf" <<CONF
ClusterName=bstuitest
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
MailProg=/bin/true
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/run/munge.socket
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
# Two processors pretend to be eight, so that jobs overlap; scheduling looks often.
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,sched_min_interval=0,bf_interval=2,max_rpc_cnt=0
ReturnToService=2
JobRequeue=1
KillWait=5
MessageTimeout=10
SlurmctldTimeout=30
SlurmdTimeout=30
NodeName=$node NodeAddr=127.0.0.1 CPUs=8 RealMemory=$(awk '/MemTotal/ { print int($2 / 1024 * 0.9) }' /proc/meminfo) State=UNKNOWN
PartitionName=compute Nodes=$node Default=YES MaxTime=02:00:00 DefaultTime=00:10:00 State=UP
PartitionName=transfer Nodes=$node Default=NO MaxTime=1-00:00:00 DefaultTime=01:00:00 State=UP
CONF
    printf '%s\n' "$@" >>"$conf"
}

await_idle() {
    for _ in $(seq 600); do
        [ "$(sinfo -h -o '%t' 2>/dev/null | grep -cE '^(idle|mix)$')" -ge 1 ] && return
        sleep 0.1
    done
    tail -n 20 "$dir"/log/*.log >&2
    exit 1
}

case $action in
start)
    mkdir -p "$dir"/{etc,run,log,state,spool,munge}
    chmod 755 "$dir" "$dir"/{etc,run,log,spool}
    chmod 700 "$dir/munge" "$dir/state"
    (umask 077 && head -c 128 /dev/urandom >"$dir/munge/key")
    shift 2
    write_configuration "$@"
    for daemon in munged slurmctld slurmd; do up "$daemon"; done
    await_idle
    ;;
up) up "$3" ;;
down) down "$3" ;;
stop) for daemon in slurmd slurmctld munged; do down "$daemon"; done ;;
esac
