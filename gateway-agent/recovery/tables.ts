import { z } from 'zod'
import type { PartitionTable } from '#core/recovery/machine.ts'
import type { Asking } from './ask.ts'

const Dump = z.object({
  partitiontable: z.object({
    label: z.string(),
    id: z.string().optional(),
    device: z.string(),
    firstlba: z.number().optional(),
    partitions: z
      .array(
        z.object({
          node: z.string(),
          start: z.number(),
          size: z.number(),
          type: z.string(),
          uuid: z.string().optional(),
          name: z.string().optional(),
          attrs: z.string().optional(),
          bootable: z.boolean().optional(),
        }),
      )
      .default([]),
  }),
})

/** The partition table of a disk or image, and the nodes of its partitions; nothing where it has none. */
export const tableOf = async (
  { ask }: Asking,
  disk: string,
): Promise<{ table: PartitionTable; numbers: ReadonlyMap<string, number> } | undefined> => {
  const text = await ask(['sfdisk', '--json', disk], [0, 1])
  if (text.trim() === '') return undefined
  const { label, id, device, firstlba, partitions } = Dump.parse(JSON.parse(text)).partitiontable
  const numbers = new Map<string, number>()
  const told = partitions.flatMap(({ node, start, size, type, uuid, name, attrs, bootable }) => {
    // sda2, nvme0n1p2, disk.img2
    const number = Number(/^p?(\d+)$/.exec(node.slice(device.length))?.[1])
    if (!Number.isInteger(number)) return []
    numbers.set(node, number)
    return {
      ...{ number, start, sectors: size, type },
      ...(uuid !== undefined && { uuid }),
      ...(name !== undefined && { name }),
      ...(attrs !== undefined && { attributes: attrs }),
      ...(bootable && { bootable }),
    }
  })
  return {
    table: {
      ...{ label, partitions: told },
      ...(id !== undefined && { id }),
      ...(firstlba !== undefined && { firstSector: firstlba }),
    },
    numbers,
  }
}
