import { XenkeepError } from '#core/errors/base.ts'

/** The command line cannot be understood. */
export class UsageError extends XenkeepError {
  readonly code = 'USAGE'
  constructor(message: string, advice = 'Run "xenkeep --help", or "xenkeep COMMAND --help".') {
    super(message, { advice })
  }
}

/** @returns the error with the command itself in an advice that says no more than where to read. @param path as it was typed, without `xenkeep` */
export const adviceFor = (error: unknown, path: string): unknown =>
  path !== '' && error instanceof UsageError && error.advice.includes('COMMAND --help')
    ? new UsageError(error.message, `"xenkeep ${path} --help" shows how it is used.`)
    : error

/** Nothing runs on this data directory. */
export class NotRunningError extends XenkeepError {
  readonly code = 'NOT_RUNNING'
  constructor(dataDir: string, cause?: unknown) {
    super(`XenKeep is not running on the data directory ${dataDir}.`, {
      advice: `Start it with "xenkeep up --data ${dataDir}", or name the right directory with --data.`,
      retryable: true,
      cause,
    })
  }
}

/** A data directory in which nobody has started XenKeep yet. */
export class NotSetUpError extends XenkeepError {
  readonly code = 'NOT_SET_UP'
  constructor(dataDir: string) {
    super(`Nothing is set up in the data directory ${dataDir}.`, {
      advice:
        'Name the right directory with --data, or the repository itself with --repository and --passphrase-file.',
    })
  }
}

/** The API does not answer in time while we follow a run. */
export class ContactLostError extends XenkeepError {
  readonly code = 'CONTROL_PLANE_UNREACHABLE'
  constructor(runId: string, seconds: number, cause?: unknown) {
    super(
      `The control plane has not answered for ${seconds} seconds while run ${runId} was going on.`,
      {
        advice: `The run is not lost: it goes on, or starts again, when "xenkeep up" runs. See it with "xenkeep runs ${runId}".`,
        retryable: true,
        cause,
      },
    )
  }
}

/** The connection broke before the answer, and the control plane did not come back. */
export class StartUnansweredError extends XenkeepError {
  readonly code = 'CONTROL_PLANE_UNREACHABLE'
  constructor(cause?: unknown) {
    super('The control plane went away before it said whether the run was started.', {
      advice: 'Look with "xenkeep runs", once XenKeep runs again, before you repeat the command.',
      retryable: true,
      cause,
    })
  }
}

/** `XENKEEP_URL` names no control plane that we may talk to. */
export class ControlUrlError extends XenkeepError {
  readonly code = 'CONTROL_URL_INVALID'
  constructor(url: string, why: string) {
    super(`XENKEEP_URL cannot be used (${url.slice(0, 200)}): ${why}.`, {
      advice:
        'Set it to the address of the API, as the deployment told it, or unset it to use this machine.',
    })
  }
}

/** No token for a control plane elsewhere. */
export class TokenMissingError extends XenkeepError {
  readonly code = 'TOKEN_MISSING'
  constructor(sentence: string) {
    super(sentence, {
      advice:
        'Sign in with "xenkeep login"; a script puts a token into a file that only it can read and names that in XENKEEP_TOKEN_FILE, or sets XENKEEP_TOKEN. Never write a token on the command line.',
    })
  }
}

/** Others on this machine can read the token. */
export class TokenFileOpenError extends XenkeepError {
  readonly code = 'TOKEN_FILE_OPEN'
  constructor(file: string) {
    super(`The file ${file} with the token can be read by others on this machine.`, {
      advice: `Make it yours alone with "chmod 600 ${file}"; if others may have read it, revoke the token and create another.`,
    })
  }
}
