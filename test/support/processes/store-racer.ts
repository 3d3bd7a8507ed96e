// A process that tries to create the same 40 objects as its rivals. Arguments: directory, name. Prints the keys that it won.
import { openDirectoryStore } from '#adapters/fs/object-store.ts'

const [directory = '', name = ''] = process.argv.slice(2)
const store = await openDirectoryStore(directory)
const won: string[] = []
for (let i = 0; i < 40; i++) {
  const key = `race/${i % 3}/${i}`
  try {
    await store.put(key, [Buffer.from(name)])
    won.push(key)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'OBJECT_EXISTS') throw error
  }
}
console.log(JSON.stringify(won))
