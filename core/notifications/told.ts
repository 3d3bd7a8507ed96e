/** One of what was held back: kind of the event, and whom it is about. */
export interface Held {
  kind: string
  name: string
}

/** What a channel was told since when, and what was held back. */
export interface Told {
  start: number
  told: number
  held: Record<string, number>
  /** Of what was held: since when, and the first of it by name. */
  heldFrom?: number
  named?: Held[]
  /** The same for what comes at once. */
  burst?: { start: number; told: number }
}
