import { XenkeepError } from './base.ts'

/** Step Functions cannot be reached just now. */
export class WorkflowUnavailableError extends XenkeepError {
  readonly code = 'WORKFLOW_UNAVAILABLE'
  constructor(what: string, cause?: unknown) {
    super(`The workflow service did not ${what}.`, {
      advice: 'Try again; if this lasts, check the health of AWS Step Functions.',
      retryable: true,
      cause,
    })
  }
}
