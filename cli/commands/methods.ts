import type { z } from 'zod'
import { Fallback, Method, WhenOneFails } from '#core/contracts/methods.ts'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'

const oneOf =
  <T extends string>(what: string, values: { options: readonly T[] }) =>
  (text: string): T => {
    const found = values.options.find(value => value === text)
    if (found === undefined)
      throw new UsageError(`${quoted(text)} is no ${what}.`, `One of ${values.options.join(', ')}.`)
    return found
  }

/** For commander. @throws `USAGE` */
export const methodName = oneOf('method', Method)
export const fallbackName = oneOf('fallback', Fallback)

/** For commander: an option that may stand alone. @throws `USAGE` */
export const whenOneFails = (text: string): z.infer<typeof WhenOneFails> =>
  oneOf('answer to a VM that fails', WhenOneFails)(text)

interface OwnMethod {
  vm: string
  method: Method
  fallback?: Fallback
}
interface ExcludedDisk {
  vm: string
  disk: string
}

/** For commander, repeated: `db-01=offline` or `db-01=offline:hard-shutdown`. Names of VMs may hold "=". @throws `USAGE` */
export const ownMethod = (text: string, before: OwnMethod[] = []): OwnMethod[] => {
  const at = text.lastIndexOf('=')
  const [method = '', fallback, ...rest] = text.slice(at + 1).split(':')
  if (at < 1 || rest.length > 0)
    throw new UsageError(
      `${quoted(text)} is no method of a VM.`,
      'For instance db-01=offline, or db-01=memory:crash.',
    )
  const own = { vm: text.slice(0, at), method: methodName(method) }
  return [...before, fallback === undefined ? own : { ...own, fallback: fallbackName(fallback) }]
}

/** For commander, repeated: `db-01:2`. @throws `USAGE` */
export const excludedDisk = (text: string, before: ExcludedDisk[] = []): ExcludedDisk[] => {
  const [, vm, disk] = /^(.+):(\d{1,3})$/.exec(text) ?? []
  if (!vm || !disk)
    throw new UsageError(
      `${quoted(text)} is no disk of a VM.`,
      'A VM, a colon and the number of the disk, as in db-01:2.',
    )
  return [...before, { vm, disk }]
}

export interface PerVm {
  methodOf?: OwnMethod[]
  exclude?: ExcludedDisk[]
}

/** @returns what the request says of single VMs; one entry each */
export const perVmOf = ({ methodOf = [], exclude = [] }: PerVm) => {
  const vms = new Set([...methodOf, ...exclude].map(({ vm }) => vm))
  if (vms.size === 0) return undefined
  return [...vms].map(vm => {
    const disks = exclude.filter(disk => disk.vm === vm).map(({ disk }) => disk)
    return {
      ...methodOf.findLast(own => own.vm === vm),
      vm,
      ...(disks.length > 0 && { excludedDisks: disks }),
    }
  })
}
