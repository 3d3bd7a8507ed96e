import { portableFileSystem } from '#file-tree/portable.ts'
import { describeFileSystem } from './file-system.ts'

describeFileSystem('file system, by what Node offers', async () => portableFileSystem())
