# A session with the simulated pool through the Python client that ships with Debian's fence agents. Prints one JSON
# object with what that client understood; xenapi-client.test.ts judges it. Arguments: URL, user, password, VM uuid.
import base64
import json
import sys
import time

import XenAPI

url, user, password, uuid = sys.argv[1:]
seen = {}


def failure(call, *args):
    try:
        call(*args)
    except XenAPI.Failure as error:
        return error.details
    return None


try:
    XenAPI.Session(url).login_with_password(user, "wrong", "1.0", "peer")
except XenAPI.Failure as error:
    seen["wrongPassword"] = error.details

session = XenAPI.Session(url)
session.login_with_password(user, password, "1.0", "peer")
api = session.xenapi

vm = api.VM.get_by_uuid(uuid)
record = api.VM.get_record(vm)
seen["types"] = {
    "memory": record["memory_static_max"],
    "isTemplate": record["is_a_template"],
    "shadow": record["HVM_shadow_multiplier"],
    "date": str(record["snapshot_time"]),
    "tags": record["tags"],
    "platform": record["platform"]["device-model"],
}

api.VM.add_to_other_config(vm, "gr\u00fc\u00dfe & <mehr>", "\u4e16\u754c")
seen["unicode"] = api.VM.get_other_config(vm)["gr\u00fc\u00dfe & <mehr>"]
seen["duplicate"] = failure(api.VM.add_to_other_config, vm, "gr\u00fc\u00dfe & <mehr>", "x")

api.VM.set_user_version(vm, str(2**40))
seen["int64"] = api.VM.get_user_version(vm)

batch = getattr(api.event, "from")(["*"], "", 0.1)
seen["events"] = sorted({event["class"] for event in batch["events"]})
seen["counts"] = batch["valid_ref_counts"]["vm"]

disk = [
    api.VBD.get_VDI(vbd) for vbd in api.VM.get_VBDs(vm) if api.VBD.get_type(vbd) == "Disk"
][0]
api.VDI.enable_cbt(disk)
task = api.Async.VM.snapshot(vm, "from python", [])
while api.task.get_status(task) == "pending":
    time.sleep(0.05)
seen["taskResult"] = api.task.get_result(task)
api.task.destroy(task)
snapshot = api.VM.get_snapshots(vm)[0]
seen["snapshot"] = {
    name: api.VM.get_record(snapshot)[name] for name in ("is_a_snapshot", "is_a_template", "snapshot_of")
}
seen["snapshotOf"] = vm
frozen = [
    api.VBD.get_VDI(vbd) for vbd in api.VM.get_VBDs(snapshot) if api.VBD.get_type(vbd) == "Disk"
][0]
seen["nbd"] = api.VDI.get_nbd_info(frozen)[0]
second = api.VM.snapshot(vm, "second")
later = [
    api.VBD.get_VDI(vbd) for vbd in api.VM.get_VBDs(second) if api.VBD.get_type(vbd) == "Disk"
][0]
seen["changed"] = base64.b64decode(api.VDI.list_changed_blocks(frozen, later)).hex()
seen["tooFew"] = failure(api.VM.start, vm)
seen["unknown"] = failure(api.VM.fly, vm)

api.VM.clean_shutdown(vm)
seen["halted"] = api.VM.get_power_state(vm)
session.xenapi.session.logout()
print(json.dumps(seen))
