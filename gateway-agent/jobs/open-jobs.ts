/** A job that another gateway had last; `current` while its lease runs. */
export interface OpenElsewhere {
  jobId: string
  current: boolean
}

/** Which of these jobs are not over, and which of those another gateway has; as the control plane knows. */
export type AskOpenJobs = (
  jobIds: string[],
  signal?: AbortSignal,
) => Promise<{ open: readonly string[]; elsewhere: readonly OpenElsewhere[] }>
