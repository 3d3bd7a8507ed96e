import { countText } from '../count-text.ts'
import { XenkeepError } from './base.ts'

/** The catalog knows no such policy, or it was deleted. */
export class PolicyNotFoundError extends XenkeepError {
  readonly code = 'POLICY_NOT_FOUND'
  constructor(wanted: string, near: readonly string[] = []) {
    const hint = near.length > 0 ? ` Did you mean ${near.map(name => `"${name}"`).join(', ')}?` : ''
    super(`There is no policy "${wanted}".${hint}`, {
      advice: 'List the policies with "xenkeep policies list".',
    })
  }
}

/** Somebody else saved the policy after it was read. */
export class PolicyChangedError extends XenkeepError {
  readonly code = 'POLICY_CHANGED'
  constructor(name: string, by: string) {
    super(`The policy "${name}" was changed by "${by}" since you read it; nothing was saved.`, {
      advice: 'Look at it as it is now, and make your change again where it still makes sense.',
    })
  }
}

/** Another policy bears this name. */
export class PolicyNameTakenError extends XenkeepError {
  readonly code = 'POLICY_NAME_TAKEN'
  constructor(name: string) {
    super(`There is another policy called "${name}".`, {
      advice: 'Choose another name; capitals make no difference.',
    })
  }
}

/** What a policy says does not go together, or cannot be done. */
export class PolicyInvalidError extends XenkeepError {
  readonly code = 'POLICY_INVALID'
  constructor(why: string) {
    super(`The policy cannot be saved: ${why}`, {
      advice: 'Correct it and save it again; "xenkeep policies preview" shows what it would do.',
    })
  }
}

/** Nothing that a gateway reported fits the selection. */
export class PolicyEmptyError extends XenkeepError {
  readonly code = 'POLICY_EMPTY'
  /** @param leftOut what it would take and cannot, a sentence */
  constructor(name: string, leftOut?: string) {
    super(
      `The policy "${name}" takes no VM of any pool that a gateway reported.${leftOut === undefined ? '' : ` ${leftOut}`}`,
      {
        advice:
          'See with "xenkeep policies preview" why each VM is left out, and correct the selection.',
      },
    )
  }
}

/** Who asks may look after policies, not have points deleted earlier. */
export class RetentionShortenedError extends XenkeepError {
  readonly code = 'RETENTION_SHORTENED'
  constructor(name: string, how: readonly string[]) {
    super(
      `Points of the policy "${name}" would be kept shorter (${how.join('; ')}), which asks for the role administrator; nothing was saved.`,
      {
        advice:
          'Ask an administrator to save it, or make a new policy and leave this one its points; "xenkeep policies preview" tells what would expire.',
      },
    )
  }
}

/** A policy runs once at a time. */
export class PolicyBusyError extends XenkeepError {
  readonly code = 'POLICY_BUSY'
  constructor(name: string, runId: string) {
    super(`The policy "${name}" was left out, because its run ${runId} had not ended.`, {
      advice:
        'Look at that run with "xenkeep runs"; where runs take longer than the schedule gives them, let the policy run less often or take fewer VMs.',
    })
  }
}

/** Outside the window of a policy nothing is begun. */
export class WindowClosedError extends XenkeepError {
  readonly code = 'WINDOW_CLOSED'
  constructor(
    name: string,
    { from, to, timeZone }: { from: string; to: string; timeZone: string },
  ) {
    super(
      `The policy "${name}" was left out: backups may begin from ${from} to ${to} (${timeZone}), and it was not that time.`,
      {
        advice: 'Start it yourself if it is needed now, or let window and schedule fit each other.',
      },
    )
  }
}

/** Nobody was there when a policy should have run. */
export class ScheduleMissedError extends XenkeepError {
  readonly code = 'SCHEDULE_MISSED'
  /** @param missed `earlier`: how many times before it were missed too, as far as they were counted */
  constructor(
    name: string,
    missed: {
      time: string
      minutesLate: number
      begins: boolean
      earlier: number
      countedTo: number
    },
  ) {
    const { time, minutesLate, begins, earlier, countedTo } = missed
    const times =
      earlier > countedTo
        ? `More than ${countedTo} times`
        : earlier === 1
          ? 'One time'
          : `${earlier} times`
    const before = earlier > 0 ? ` ${times} before it had none either.` : ''
    super(
      `The policy "${name}" should have run at ${time}, and the control plane was not there. ${
        begins ? `Its run begins now, ${late(minutesLate)} late.` : 'That run is left out.'
      }${before}`,
      {
        advice: begins
          ? 'Look why the control plane was not running; the policy decides with "ifMissed" what happens then.'
          : 'Look why the control plane was not running, and start the policy yourself if it cannot wait for its next time.',
      },
    )
  }
}

const late = (minutes: number): string =>
  minutes < 120 ? countText(minutes, 'minute') : `${Math.round(minutes / 60)} hours`

/** The scheduler of the cloud did not take a schedule. */
export class SchedulesUnavailableError extends XenkeepError {
  readonly code = 'SCHEDULES_UNAVAILABLE'
  constructor(what: string, cause?: unknown) {
    super(`EventBridge Scheduler did not ${what}.`, {
      advice:
        'It is tried again each minute, and policies run at their times meanwhile; if this lasts, check the role of the function and the quotas of the account.',
      retryable: true,
      cause,
    })
  }
}

/** A program of the gateway that a policy wants before a backup did not do its work. */
export class HookFailedError extends XenkeepError {
  readonly code = 'HOOK_FAILED'
  /** @param why a sentence without its beginning */
  constructor(why: string) {
    super(`The program before the backup failed, so nothing was backed up: ${why}`, {
      advice:
        'Look at that program on the gateway ("hookScripts" in its settings); with "ifFails": "note" the policy backs up all the same.',
    })
  }
}

/** A program of the gateway that a policy wants before or after a whole run did not do its work. */
export class RunProgramFailedError extends XenkeepError {
  readonly code = 'RUN_PROGRAM_FAILED'
  /**
   * @param when of the run
   * @param why a sentence without its beginning
   * @param stops it kept a backup from being begun
   */
  constructor(when: 'before' | 'after', why: string, { stops = false } = {}) {
    super(
      `The program ${when} the run failed${stops ? ', so nothing was backed up' : ''}: ${why}`,
      {
        advice:
          when === 'before'
            ? 'Look at that program on the gateway ("hookScripts" in its settings); with "ifFails": "note" the policy backs up all the same.'
            : 'Do by hand what it would have done, and look at that program on the gateway ("hookScripts" in its settings).',
      },
    )
  }
}
