import type { FileSystem } from './file-system.ts'
import { nativeFileSystem } from './native.ts'
import { portableFileSystem } from './portable.ts'

/** @returns the calls of Linux where they can be made, else what Node offers */
export const openFileSystem = async (): Promise<FileSystem> =>
  (await nativeFileSystem()) ?? portableFileSystem()
