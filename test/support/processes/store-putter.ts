// A process that puts one object. Arguments: directory, key.
import { openDirectoryStore } from '#adapters/fs/object-store.ts'

const [directory = '', key = ''] = process.argv.slice(2)
const store = await openDirectoryStore(directory)
await store.put(key, [Buffer.from('content')])
