#!/bin/bash
# Runs as the only process of a user-mode Linux that sees the host's files read-only (as the user who started it) and the disks of a
# recovery point. What is asked for lies in $XENKEEP_REQUEST, NUL after each word: volumes | list VOLUME DEPTH PATH | tar VOLUME PATH [MOST]
# Answers: data on ttyS0; on ttyS1 one line each: "note TEXT", "failed CODE TEXT", and at last "done".
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mountpoint -q /dev || mount -t devtmpfs dev /dev
stty -F /dev/ttyS0 raw -echo
stty -F /dev/ttyS1 raw -echo
exec >/dev/ttyS1 2>/dev/null </dev/null

finish() {
  # Setting a line waits until it has sent all.
  stty -F /dev/ttyS0 raw
  echo "$1"
  stty -F /dev/ttyS1 raw
  while :; do sleep 1000; done
}
note() { echo "note ${1//$'\n'/ }"; }
fail() { finish "failed $1 ${2//$'\n'/ }"; }

modules=$(echo /usr/lib/uml/modules/"$(uname -r)"/kernel)
load() { insmod "$modules/$1.ko"; }

declare -A device_of type_of
declare -a volumes
add() { # NAME DEVICE
  local type
  type=$(blkid -p -s TYPE -o value "$2")
  [ "$type" = LVM2_member ] && physical=yes
  volumes+=("$1")
  device_of[$1]=$2
  type_of[$1]=$type
}

find_volumes() {
  local disk part index=0 physical='' names lv
  for disk in /dev/ubd?; do
    names=("$disk"?*)
    if [ -e "${names[0]}" ]; then
      for part in "${names[@]}"; do add "${index}p${part#"$disk"}" "$part"; done
    else
      add "$index" "$disk"
    fi
    index=$((index + 1))
  done
  [ "$physical" ] || return
  if ! command -v lvm >/dev/null; then
    note 'TOOL_MISSING lvm2: the disks hold LVM volumes, which cannot be shown without it.'
    return
  fi
  load drivers/md/dm-mod
  mkdir -p /run/lock/lvm /run/lvm
  lvm vgchange -ay --noudevsync --config "$lvm_config" >/dev/null
  lvm vgmknodes --config "$lvm_config" >/dev/null
  # Names of groups and volumes have no spaces.
  for lv in $(lvm lvs --noheadings --separator / -o vg_name,lv_name --config "$lvm_config"); do
    [ -e "/dev/$lv" ] && add "$lv" "/dev/$lv"
  done
}
lvm_config='activation{udev_sync=0 udev_rules=0 verify_udev_operations=0 monitoring=0} devices{use_devicesfile=0 obtain_device_list_from_udev=0 hints="none" write_cache_state=0} backup{backup=0 archive=0} global{use_lvmpolld=0 use_lvmlockd=0}'

size_of() { blockdev --getsize64 "$1"; }

show_volumes() {
  local name device
  for name in "${volumes[@]}"; do
    device=${device_of[$name]}
    [ "${type_of[$name]}" = LVM2_member ] && continue
    printf '%s\0%s\0%s\0%s\0%s\0' "$name" "$(size_of "$device")" "${type_of[$name]}" \
      "$(blkid -p -s LABEL -o value "$device")" "$(blkid -p -s UUID -o value "$device")" >/dev/ttyS0
  done
}

guest=/run/guest
try() { mount -o "ro,nodev,nosuid,noexec$2" -t "$1" "$device" "$guest"; }
only_volume() { # sets name
  local each
  for each in "${volumes[@]}"; do
    case ${type_of[$each]} in ext2 | ext3 | ext4 | xfs | btrfs | vfat | ntfs)
      [ "$name" ] && fail VOLUME_NOT_FOUND "none was named, and there are several: ${volumes[*]}"
      name=$each ;;
    esac
  done
  [ "$name" ] || fail FILE_SYSTEM_UNKNOWN 'no volume with a file system that can be read'
}
open_volume() { # NAME, or none where there is only one
  local name=$1 device type said
  [ "$name" ] || only_volume
  device=${device_of[$name]} type=${type_of[$name]}
  [ "$device" ] || fail VOLUME_NOT_FOUND "$name (there are: ${volumes[*]})"
  mkdir -p "$guest"
  case $type in
  ext2 | ext3 | ext4)
    try ext4 '' || { try ext4 ,noload && note "UNCLEAN $name $type"; } || fail VOLUME_UNREADABLE "$type" ;;
  xfs)
    try xfs ,nouuid || { try xfs ,nouuid,norecovery && note "UNCLEAN $name $type"; } || fail VOLUME_UNREADABLE "$type" ;;
  btrfs)
    try btrfs '' || { try btrfs ,rescue=nologreplay && note "UNCLEAN $name $type"; } || fail VOLUME_UNREADABLE "$type" ;;
  vfat)
    load fs/fat/fat; load fs/nls/nls_cp437; load fs/nls/nls_iso8859-1; load fs/nls/nls_ascii; load fs/nls/nls_utf8; load fs/fat/vfat
    try vfat ,utf8 || try vfat '' || fail VOLUME_UNREADABLE "$type" ;;
  ntfs)
    command -v ntfs-3g >/dev/null || fail TOOL_MISSING ntfs-3g
    load fs/fuse/fuse
    said=$(ntfs-3g -o ro,nodev,nosuid,noexec,streams_interface=none "$device" "$guest" 2>&1) || fail VOLUME_UNREADABLE "$type: $said"
    [ "$said" ] && note "UNCLEAN $name $type" ;;
  '') fail FILE_SYSTEM_UNKNOWN 'nothing known' ;;
  *) fail FILE_SYSTEM_UNKNOWN "$type" ;;
  esac
}

# No link is followed: it would lead to the files of this machine. /dev/fd does not exist here: no process substitution.
refuse_links() { # PATH, relative
  local at=$guest rest=$1 part
  while [ "$rest" ]; do
    part=${rest%%/*}
    case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
    [ "$part" = .. ] && fail FILE_NOT_FOUND "$1"
    [ -L "$at" ] && fail PATH_THROUGH_LINK "${at#"$guest"}"
    at=$at/$part
  done
  [ -e "$at" ] || [ -L "$at" ] || fail FILE_NOT_FOUND "$1"
}

troubles() { # told one by one, but not without end; read to the end, so that nobody is stopped by a closed pipe
  local line told=0
  while IFS= read -r line; do
    told=$((told + 1))
    [ "$told" -le 10000 ] && note "TROUBLE ${line//"$guest"/}"
  done
  [ "$told" -le 10000 ] || note "TROUBLE $((told - 10000)) more of these"
}

# Both programs change what they write where it goes to a terminal, or refuse: hence cat.
list() { # DEPTH PATH
  local depth=(-maxdepth "$1") target=$guest${2:+/$2} from=1
  [ "$1" = all ] && depth=()
  [ -d "$target" ] && [ ! -L "$target" ] || from=0
  { find -P "$target" -mindepth $from "${depth[@]}" -printf '%y\0%s\0%T@\0%m\0%U\0%G\0%p\0%l\0' 2>&3 | cat >/dev/ttyS0
    [ "${PIPESTATUS[0]}" -le 1 ] || echo 'find was ended before it was done: the list is not whole' >&3; } 3>&1 | troubles
  printf 'end\0' >/dev/ttyS0
}

# Before anything of it is read: a file that is all holes may be larger than whatever takes it. Sends the kind as find has it, and how many bytes the files hold, one
# with several names once; fails where it comes to more than MOST, of a folder with what tar puts around each of its entries.
measure() { # PATH MOST
  local kind around=1536
  kind=$(find -P "$guest/$1" -maxdepth 0 -printf %y)
  [ "$kind" = f ] && around=0
  # shellcheck disable=SC2046 # three numbers
  set -- "$2" $(find -P "$guest/$1" -printf '%y %D:%i %n %s\n' | awk -v most="$2" -v around=$around '
    $1 != "f" || $3 > 1 && seen[$2]++ { whole += around; next }
    { sum += $4; whole += $4 + around }
    END { printf "%.0f %.0f %d\n", sum, whole, (whole > most) }')
  [ "$4" = 1 ] && fail DOWNLOAD_TOO_LARGE "$3 $1"
  printf '%s\0%s\0' "$kind" "$2" >/dev/ttyS0
}

archive() { # PATH
  { cd "$guest" && tar --create --format=posix --pax-option=delete=atime,delete=ctime --numeric-owner --no-acls --no-xattrs --quoting-style=escape --file=- -- "./$1" 2>&3 | cat >/dev/ttyS0
    [ "${PIPESTATUS[0]}" -le 2 ] || echo 'tar was ended before it was done: files are missing' >&3; } 3>&1 | troubles
}

mapfile -d '' -t asked <"$XENKEEP_REQUEST"
find_volumes
case ${asked[0]} in
volumes) show_volumes ;;
list)
  open_volume "${asked[1]}"
  refuse_links "${asked[3]}"
  list "${asked[2]}" "${asked[3]}" ;;
tar)
  open_volume "${asked[1]}"
  refuse_links "${asked[2]}"
  [ "${asked[3]}" ] && measure "${asked[2]}" "${asked[3]}"
  archive "${asked[2]}" ;;
esac
finish 'done'
