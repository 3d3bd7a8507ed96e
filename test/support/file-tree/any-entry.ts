import fc from 'fast-check'
import { ENTRY_TYPES, type Entry } from '#file-tree/entry.ts'
import { comparePaths } from '#file-tree/raw-text.ts'

const anyName = fc
  .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 12 })
  .map(bytes => Buffer.from(bytes).toString('latin1').replaceAll('/', '_'))
  .filter(name => name !== '.' && name !== '..')

export const anyPath = fc.array(anyName, { maxLength: 5 }).map(names => names.join('/'))

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const time = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const size = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const u32 = fc.nat({ max: 2 ** 32 - 1 })
const xattr = fc.tuple(anyName, fc.uint8Array({ maxLength: 40 }))
const hole = fc.tuple(fc.nat({ max: 2 ** 40 }), fc.integer({ min: 1, max: 2 ** 40 }))

/** Gaps and lengths, told as offsets and lengths. */
const holes = fc.array(hole, { minLength: 1, maxLength: 4 }).map(gaps => {
  let end = 0
  return gaps.map(([gap, length]) => {
    const offset = end + gap
    end = offset + length
    return [offset, length] as const
  })
})

const rare = fc.record(
  {
    user: fc.string({ minLength: 1, maxLength: 8 }),
    group: fc.string({ minLength: 1, maxLength: 8 }),
    hardLinkTo: anyPath,
    xattrs: fc.array(xattr, { minLength: 1, maxLength: 3 }),
    holes,
    data: fc.record({ offset: fc.nat({ max: 2 ** 50 }), length: fc.nat({ max: 2 ** 50 }) }),
    bundled: fc.constant(true as const),
    changedWhileRead: fc.constant(true as const),
    recent: fc.constant(true as const),
    problem: fc.string({ unit: 'binary', maxLength: 30 }),
  },
  { requiredKeys: [] },
)

const anyEntry: fc.Arbitrary<Entry> = fc
  .record({
    path: anyPath,
    type: fc.constantFrom(...ENTRY_TYPES),
    mode: fc.nat({ max: 0o7777 }),
    uid: u32,
    gid: u32,
    size,
    mtime: time,
    ctime: time,
    inode: u64,
    device: u64,
    nlink: u32,
    target: anyPath,
    rdev: fc.tuple(u32, u32),
  })
  .chain(({ target, rdev, ...entry }) =>
    rare.map(members => ({
      ...entry,
      ...members,
      ...(entry.type === 'symlink' ? { target } : {}),
      ...(entry.type === 'char' || entry.type === 'block' ? { rdev } : {}),
    })),
  )

/** Entries of one tree, in order. */
export const anyEntries = fc
  .uniqueArray(anyEntry, { selector: entry => entry.path, maxLength: 30 })
  .map(entries => entries.toSorted((a, b) => comparePaths(a.path, b.path)))
