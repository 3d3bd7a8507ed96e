/** What of a tree is captured, and how. Plain data: it crosses to the thread that reads. */
export interface TreeOptions {
  /** the folder, as people write it */
  root: string
  /** Patterns as of .gitignore, matched below the root. What one of them names is left out, a folder with all below it. */
  exclude?: readonly string[] | undefined
  /** Patterns as of .gitignore. Where there are any, only what one of them names is captured, with the folders that lead to it. */
  include?: readonly string[] | undefined
  /** Stay on the file system of the root: what is mounted below is an empty folder in the point. */
  oneFileSystem?: boolean | undefined
  /** bytes; larger files are left out, and named in the report */
  maxFileSize?: number | undefined
  /** Read every file, whether it changed or not. */
  reread?: boolean | undefined
}
