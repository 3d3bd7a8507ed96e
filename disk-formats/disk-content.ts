/** Content of a disk to write. */
export interface DiskContent {
  /** bytes */
  size: number
  /** Whether any byte of the block of 2 MiB with this index may differ from zero. Must not change between calls. */
  present(block: number): boolean
  /**
   * Yields at least all bytes of present blocks, ascending, no overlap; gaps are zero. Called once.
   * Zero extents may be left out.
   */
  read(signal: AbortSignal): AsyncIterable<{ offset: number; bytes: Uint8Array }>
}

/** What stands in the way of writing: a mistake in the content, never that of whoever reads. */
export class ContentError extends Error {}
