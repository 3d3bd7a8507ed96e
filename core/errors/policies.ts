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
  constructor(name: string) {
    super(`The policy "${name}" takes no VM of any pool that a gateway reported.`, {
      advice:
        'See with "xenkeep policies preview" why each VM is left out, and correct the selection.',
    })
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
