/** A tree of files that is to be kept. */
export interface TreeRequest {
  root: string
  as: string
  include?: readonly string[]
  exclude?: readonly string[]
  oneFileSystem: boolean
}

/** Where steps of `capture` put what is kept. */
export interface Keeper {
  /** @throws what the stream throws, and what the repository does */
  stream(name: string, bytes: AsyncIterable<Uint8Array>, step: string): Promise<void>
  /** @returns what somebody should know of it, in a sentence @throws `TREE_UNREADABLE`, `TREE_STALLED` */
  tree(tree: TreeRequest, signal: AbortSignal): Promise<string>
}

/** Where steps of `restore` find what was kept. */
export interface Kept {
  /** @throws `COMPONENT_POINT_UNFIT` where the point has no such stream */
  stream(name: string, signal: AbortSignal): AsyncIterable<Uint8Array>
  /**
   * Writes a tree into a folder; what is there under the same names is replaced, what else is there stays.
   * @returns what came of it; `failed`: why it is not whole
   * @throws `TREE_*`
   */
  tree(name: string, root: string, signal: AbortSignal): Promise<{ note: string; failed?: string }>
}
