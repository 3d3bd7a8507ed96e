import type { RunSnapshot } from './fetch-run.ts'

/** Shows a run while it goes on. */
export interface RunView {
  update: (snapshot: RunSnapshot) => void
  /** A remark in between. */
  note: (text: string) => void
  /** Cleans up what was only for the moment. */
  end: () => void
}
