import { XenkeepError } from './base.ts'

/** A setting is wrong, unknown or missing. */
export class SettingsInvalidError extends XenkeepError {
  readonly code = 'SETTINGS_INVALID'
  constructor(where: string, why: string, cause?: unknown) {
    super(`The settings in ${where} cannot be used: ${why}`, {
      advice: 'Correct the named setting and start again.',
      cause,
    })
  }
}

/** An environment variable that the deployment should have set. */
export class EnvironmentMissingError extends XenkeepError {
  readonly code = 'ENVIRONMENT_MISSING'
  constructor(name: string) {
    super(`The environment variable ${name} is not set.`, {
      advice: 'Deploy the stack again: it sets this variable on every function.',
    })
  }
}

/** Another program, or another control plane, listens there. */
export class PortTakenError extends XenkeepError {
  readonly code = 'PORT_TAKEN'
  constructor(host: string, port: number, cause?: unknown) {
    super(`The port ${port} on ${host} is used by another program.`, {
      advice:
        'Stop the other program (perhaps another "xenkeep up"), or set control.port in settings.json to a free port.',
      cause,
    })
  }
}

/** A second control plane on one data directory would run everything twice. */
export class DataDirectoryTakenError extends XenkeepError {
  readonly code = 'DATA_DIRECTORY_TAKEN'
  constructor(directory: string, pid: number) {
    super(`Another control plane (process ${pid}) works on ${directory}.`, {
      advice: 'Use the one that runs, or stop it first.',
    })
  }
}

/** The data directory cannot be written. */
export class DataDirectoryUnusableError extends XenkeepError {
  readonly code = 'DATA_DIRECTORY_UNUSABLE'
  constructor(path: string, why: string, cause?: unknown) {
    super(`${path} cannot be written: ${why}.`, {
      advice: 'Free some space or correct the permissions, then start again; nothing is lost.',
      cause,
    })
  }
}

/** Neither options nor environment say which region of AWS to call. */
export class AwsRegionMissingError extends XenkeepError {
  readonly code = 'AWS_REGION_MISSING'
  constructor(cause?: unknown) {
    super('It is not known which AWS region to call.', {
      advice: 'Give it with --region, in AWS_REGION, or in the profile that is used.',
      cause,
    })
  }
}
