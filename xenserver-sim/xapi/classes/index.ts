import type { DataModel } from '../data-model.ts'
import type { MessageTable } from '../dispatcher.ts'
import { generatedMessages } from '../generated.ts'
import type { AnyMessage, Implementation } from '../implementation.ts'
import type { ClassName, Messages } from '../records/index.ts'
import { event } from './event.ts'
import { host } from './host.ts'
import { message } from './message.ts'
import { network } from './network.ts'
import { pbd } from './pbd.ts'
import { pool } from './pool.ts'
import { pvsProxy } from './pvs-proxy.ts'
import { session } from './session.ts'
import { sr } from './sr.ts'
import { task } from './task.ts'
import { vbd } from './vbd.ts'
import { vdi } from './vdi.ts'
import { vif } from './vif.ts'
import { vm } from './vm.ts'
import { vmAppliance } from './vm-appliance.ts'
import { vmQuiesce } from './vm-snapshot.ts'
import { vtpm, vtpmContents } from './vtpm.ts'

/** What is written by hand, class by class. */
const written: { readonly [C in ClassName]?: Implementation<Messages[C]> } = {
  session,
  task,
  event,
  message,
  pool,
  host,
  VM: { ...vm, ...vmQuiesce },
  VM_appliance: vmAppliance,
  VDI: vdi,
  VBD: vbd,
  VIF: vif,
  SR: sr,
  PBD: pbd,
  network,
  PVS_proxy: pvsProxy,
  VTPM: { ...vtpm, ...vtpmContents },
}

/** Every message the simulator serves: what XAPI generates from the fields, and what is written by hand above it. */
export const messageTable = (model: DataModel): MessageTable => {
  const table = new Map<string, AnyMessage>()
  for (const [className, classModel] of model) {
    for (const [name, message] of generatedMessages(classModel))
      table.set(`${className}.${name}`, message)
    for (const [name, message] of Object.entries(written[className as ClassName] ?? {}))
      table.set(`${className}.${name}`, message as AnyMessage)
  }
  return table
}
