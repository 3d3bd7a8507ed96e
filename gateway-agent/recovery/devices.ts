import { z } from 'zod'
import type { Asking } from './ask.ts'

interface Device {
  name: string
  type: string
  size: number
  'log-sec': number
  model?: string | null | undefined
  serial?: string | null | undefined
  children?: Device[] | undefined
}
const Device: z.ZodType<Device> = z.lazy(() =>
  z.object({
    name: z.string(),
    type: z.string(),
    size: z.number(),
    'log-sec': z.number(),
    model: z.string().nullish(),
    serial: z.string().nullish(),
    children: z.array(Device).optional(),
  }),
)
const Devices = z.object({ blockdevices: z.array(Device) })

const Loops = z.object({
  loopdevices: z.array(
    z.object({ name: z.string(), offset: z.number(), 'back-file': z.string().nullable() }),
  ),
})

/** A disk, or an image file that stands for one. */
export interface Medium {
  path: string
  bytes: number
  sectorBytes: number
  model?: string
  serial?: string
}

/** Where a device lies: on a disk, as a partition (its node, or where it begins), or on something between. */
export type Place =
  | { disk: Medium; node?: string; offset?: number }
  | { above: string; disk?: Medium }

/** Where each block device lies, and the disks that there are. */
export const blockDevices = async (
  { ask }: Asking,
  bytesOf: (file: string) => Promise<number>,
): Promise<{ disks: Medium[]; placeOf(device: string): Promise<Place | undefined> }> => {
  const columns = 'NAME,TYPE,SIZE,LOG-SEC,MODEL,SERIAL'
  const argv = ['lsblk', '--json', '--bytes', '--paths', '--output', columns]
  const { blockdevices } = Devices.parse(JSON.parse(await ask(argv)))
  // Nothing is written where there is no loop device.
  const told = await ask(['losetup', '--json', '--list', '--output', 'NAME,OFFSET,BACK-FILE'])
  const loops = told.trim() === '' ? [] : Loops.parse(JSON.parse(told)).loopdevices
  const rows = new Map<string, readonly Device[]>()
  const walk = (device: Device, above: readonly Device[]): void => {
    rows.set(device.name, [...above, device])
    for (const child of device.children ?? []) walk(child, [...above, device])
  }
  for (const device of blockdevices) walk(device, [])

  const placeOf = async (device: string): Promise<Place | undefined> => {
    const loop = loops.find(({ name }) => name === device)
    if (loop?.['back-file']) {
      const path = loop['back-file']
      const disk = { path, bytes: await bytesOf(path), sectorBytes: 512 }
      return loop.offset === 0 ? { disk } : { disk, offset: loop.offset }
    }
    const row = rows.get(device)
    const [top, ...below] = row ?? []
    if (!top) return undefined
    const between = below.find(({ type }) => type !== 'part')
    const disk = mediumOf(top)
    if (between || top.type !== 'disk') return { above: (between ?? top).type, disk }
    return below.length === 0 ? { disk } : { disk, node: device }
  }
  const disks = blockdevices.filter(({ type, size, name }) => isDisk(type, size, name))
  return { disks: disks.map(mediumOf), placeOf }
}

const isDisk = (type: string, size: number, name: string): boolean =>
  type === 'disk' && size > 0 && !/^\/dev\/(zram|ram|fd|nbd)/.test(name)

const mediumOf = ({ name, size, 'log-sec': sectorBytes, model, serial }: Device): Medium => ({
  ...{ path: name, bytes: size, sectorBytes },
  ...(model && { model: model.trim() }),
  ...(serial && { serial: serial.trim() }),
})
