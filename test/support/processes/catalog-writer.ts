// A process that records pairs of items until it is killed. Arguments: file, name. Prints the number of each pair that was
// acknowledged.
import { writeSync } from 'node:fs'
import { openSqliteCatalog } from '#adapters/fs/catalog.ts'

const [file = '', name = ''] = process.argv.slice(2)
const catalog = openSqliteCatalog(file)
for (let i = 0; ; i++) {
  const value = 'x'.repeat((i % 9) * 5_000)
  await catalog.write(
    ['left', 'right'].map(side => ({
      kind: 'put' as const,
      key: { pk: name, sk: `${side}-${String(i).padStart(6, '0')}` },
      value,
      expect: 'absent' as const,
    })),
  )
  writeSync(1, `${i}\n`)
}
