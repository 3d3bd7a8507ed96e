#!/bin/bash
# Runs as the only process of a user-mode Linux: makes a volume group on its first disk, and an ext4 file system in it.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mountpoint -q /dev || mount -t devtmpfs dev /dev
insmod "/usr/lib/uml/modules/$(uname -r)/kernel/drivers/md/dm-mod.ko"
mkdir -p /run/lock/lvm /run/lvm /run/m
config='activation{udev_sync=0 udev_rules=0 verify_udev_operations=0 monitoring=0} devices{use_devicesfile=0 obtain_device_list_from_udev=0 hints="none"} backup{backup=0 archive=0} global{use_lvmpolld=0}'
lvm pvcreate --config "$config" /dev/ubda
lvm vgcreate --config "$config" vg0 /dev/ubda
lvm lvcreate -Zn -Wn --config "$config" -L 8M -n root vg0
lvm vgmknodes --config "$config"
mke2fs -qt ext4 -L lvroot /dev/vg0/root
mount /dev/vg0/root /run/m
echo inside >/run/m/file
umount /run/m
lvm vgchange -an --config "$config"
echo o >/proc/sysrq-trigger
sleep 10
