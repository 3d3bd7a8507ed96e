// A process that counts to 25 in a catalog that its rivals use too. Argument: file. Each step is a write of two items, which must
// always be equal.
import { openSqliteCatalog } from '#adapters/fs/catalog.ts'

const [file = ''] = process.argv.slice(2)
const catalog = openSqliteCatalog(file)
const [one, two] = [
  { pk: 'count', sk: 'one' },
  { pk: 'count', sk: 'two' },
]
for (let done = 0; done < 25; ) {
  const item = await catalog.get<number>(one)
  const expect = item ? { version: item.version } : 'absent'
  const value = (item?.value ?? 0) + 1
  try {
    await catalog.write([
      { kind: 'put', key: one, value, expect },
      { kind: 'put', key: two, value, expect },
    ])
    done++
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'CATALOG_CONFLICT') throw error
  }
}
