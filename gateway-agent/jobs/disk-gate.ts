/**
 * Lets work through, so many at once: `gate(work)` waits for a place, does the work and frees the place.
 * @param claim whose stream it is (the job's own VM unless told), and which storage repository it reads or writes;
 * aborted while it waits, it gives its turn up
 */
export type DiskGate = <T>(
  work: () => Promise<T>,
  claim?: { vm?: string; sr?: string; signal?: AbortSignal },
) => Promise<T>

interface Claim {
  vm: string
  sr?: string
}

interface Waiting extends Claim {
  admit: () => void
}

export interface GateLimits {
  /** Streams of one storage repository at once; as many as there are places unless told. */
  perSr?: number
  /** Jobs that may be at work at once: 1 unless told. */
  jobs?: number
  /** Jobs that are at work now: none is known of unless told. */
  atWork?: () => number
}

/**
 * Lets so many disks stream at once. Who waits is let in by VM: of those that wait, the VM with the fewest streams comes first, and
 * among equals the one that has waited longest. A VM's first stream takes any free place; its further ones leave places, at the gateway
 * and at the storage repository: one for each job at work that has none, and up to a quarter of all for jobs that may come.
 *
 * @param places how many may be inside at once
 * @returns with `again`, to be called when a job has ended: a place may be kept for it
 */
export const createDiskGate = (
  places: number,
  { perSr = places, jobs = 1, atWork = () => 0 }: GateLimits = {},
): DiskGate & { again(): void } => {
  const inside: Claim[] = []
  let waiting: Waiting[] = []

  const streamsOf = (vm: string, among: readonly Claim[] = inside) =>
    among.filter(claim => claim.vm === vm).length
  const hasRoom = (among: readonly Claim[], most: number, vm: string): boolean => {
    const free = most - among.length
    if (streamsOf(vm, among) === 0) return free > 0
    const vms = new Set(among.map(claim => claim.vm)).size
    const known = Math.max(vms, atWork())
    const mayCome = Math.min(Math.max(0, jobs - known), Math.floor(most / 4))
    // Never so many that nothing is left for the rest of a VM.
    return free > Math.min(most - vms, known - vms + mayCome)
  }
  const mayEnter = ({ vm, sr }: Claim): boolean =>
    hasRoom(inside, places, vm) &&
    (sr === undefined ||
      hasRoom(
        inside.filter(claim => claim.sr === sr),
        perSr,
        vm,
      ))

  const admit = () => {
    for (;;) {
      // The sort is stable: those that wait longest stay in front.
      const next = waiting.filter(mayEnter).toSorted((a, b) => streamsOf(a.vm) - streamsOf(b.vm))[0]
      if (!next) return
      waiting = waiting.filter(one => one !== next)
      inside.push(next)
      next.admit()
    }
  }

  const gate: DiskGate = async (work, { signal, ...claim } = {}) => {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const entry: Waiting = { vm: '', ...claim, admit: resolve }
    const onAbort = () => {
      // Who is inside ends by itself.
      if (!waiting.includes(entry)) return
      waiting = waiting.filter(one => one !== entry)
      reject(signal?.reason)
    }
    waiting.push(entry)
    signal?.addEventListener('abort', onAbort, { once: true })
    admit()
    try {
      await promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
    try {
      return await work()
    } finally {
      inside.splice(inside.indexOf(entry), 1)
      admit()
    }
  }
  return Object.assign(gate, { again: admit })
}
