/** A part of a disk in bytes. */
export interface Stretch {
  offset: number
  length: number
}
