import { type Pool, type PoolOptions, startPool } from '#sim/pool.ts'
import { quick, rawFiles } from './simulated-pool.ts'

/** Disks of each VM, by name: their content, or empty ones of so many bytes. */
export type Images = Readonly<Record<string, readonly (Buffer | { size: number })[]>>

/** A simulated pool as agents meet it, over TLS and quick, with VMs whose disks hold these bytes; they are gone when it is closed. */
export const poolOfImages = async (images: Images, options: PoolOptions = {}): Promise<Pool> => {
  const fileOf = (vm: string, disk: number) => `${vm}-${disk}.raw`
  const named = Object.entries(images).flatMap(([vm, disks]) =>
    disks.flatMap((disk, i) => (Buffer.isBuffer(disk) ? [[fileOf(vm, i), disk] as const] : [])),
  )
  const files = await rawFiles(Object.fromEntries(named))
  const vms = Object.entries(images).map(([name, disks]) => ({
    name,
    disks: disks.map((disk, i) => (Buffer.isBuffer(disk) ? files.path(fileOf(name, i)) : disk)),
  }))
  const pool = await startPool({
    ...options,
    tls: true,
    timing: { ...quick, ...options.timing },
    vms,
  })
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= pool.close().then(files.remove)
    return closed
  }
  return { ...pool, close }
}
