import { XenkeepError } from './base.ts'

const nearText = (near: readonly string[]): string =>
  near.length > 0 ? ` Did you mean ${near.map(name => `"${name}"`).join(', ')}?` : ''

/** The catalog knows no such site, or it was deleted. */
export class SiteNotFoundError extends XenkeepError {
  readonly code = 'SITE_NOT_FOUND'
  constructor(wanted: string, near: readonly string[] = []) {
    super(`There is no site "${wanted}".${nearText(near)}`, {
      advice: 'List the sites with "xenkeep site list".',
    })
  }
}

/** Somebody else saved the site after it was read. */
export class SiteChangedError extends XenkeepError {
  readonly code = 'SITE_CHANGED'
  constructor(name: string, by: string) {
    super(`The site "${name}" was changed by "${by}" since you read it; nothing was saved.`, {
      advice: 'Look at it as it is now, and make your change again where it still makes sense.',
    })
  }
}

/** Another site bears this name. */
export class SiteNameTakenError extends XenkeepError {
  readonly code = 'SITE_NAME_TAKEN'
  constructor(name: string) {
    super(`There is another site called "${name}".`, {
      advice: 'Choose another name; capitals make no difference.',
    })
  }
}

/** A policy protects the site. */
export class SiteInUseError extends XenkeepError {
  readonly code = 'SITE_IN_USE'
  constructor(name: string, policies: readonly string[], done: 'deleted' | 'renamed') {
    const named = policies.map(policy => `the policy "${policy}"`).join(', ')
    super(
      done === 'deleted'
        ? `The site "${name}" is protected by ${named}; it was not deleted.`
        : `The site "${name}" is named by ${named}, which would not find it under another name; nothing was saved.`,
      {
        advice:
          done === 'deleted'
            ? 'Delete the policies first, or let them take something else.'
            : 'Let the policies name it by its id, and rename it then.',
      },
    )
  }
}

/** The definition contradicts itself. */
export class SiteUnfitError extends XenkeepError {
  readonly code = 'SITE_UNFIT'
  constructor(name: string, why: string, advice: string) {
    super(`The definition of the site "${name}" was not saved. ${why}`, { advice })
  }
}

/** Nothing of the site can be backed up as things stand. */
export class SiteEmptyError extends XenkeepError {
  readonly code = 'SITE_EMPTY'
  constructor(name: string, why: string) {
    super(`Nothing of the site "${name}" can be backed up now: ${why}`, {
      advice:
        'See with "xenkeep site preview" what is missing, and correct that or the definition.',
    })
  }
}

/** The recovery point is of something else than a site. */
export class NotASitePointError extends XenkeepError {
  readonly code = 'NOT_A_SITE_POINT'
  constructor(pointId: string) {
    super(`The recovery point ${pointId} is no site point.`, {
      advice: 'List those with "xenkeep site points SITE".',
    })
  }
}

/** The run that made the site point is not in the catalog any more, so its plan is only in the repository. */
export class SitePlanElsewhereError extends XenkeepError {
  readonly code = 'SITE_PLAN_ELSEWHERE'
  constructor(pointId: string) {
    super(
      `The control plane does not know any more how the site point ${pointId} was made; its restore plan lies in the repository beside it.`,
      {
        advice: `Have a gateway read it there with "xenkeep site recall ${pointId}". Without a gateway take it out with "xenkeep repo export ${pointId} --disk runbook.md -o runbook.md", and follow it by hand.`,
      },
    )
  }
}

/** What a gateway read in the repository is not what the site point names. */
export class SitePlanUnfitError extends XenkeepError {
  readonly code = 'SITE_PLAN_UNFIT'
  constructor(pointId: string, why: string, cause?: unknown) {
    super(`The plan that was read for the site point ${pointId} was not taken over: ${why}.`, {
      advice: `Read it again with "xenkeep site recall ${pointId}", with gateway and control plane of one version; or follow its runbook by hand ("xenkeep repo export ${pointId} --disk runbook.md -o runbook.md").`,
      cause,
    })
  }
}

/** The catalog knows no such restore of a site. */
export class SiteRestoreNotFoundError extends XenkeepError {
  readonly code = 'SITE_RESTORE_NOT_FOUND'
  constructor(restoreId: string) {
    super(`There is no restore ${restoreId} of a site.`, {
      advice: 'List them with "xenkeep site restores".',
    })
  }
}

/** What is asked of a step does not go with how the step, or its restore, stands. */
export class SiteStepRefusedError extends XenkeepError {
  readonly code = 'SITE_STEP_REFUSED'
  constructor(step: string, why: string, advice: string) {
    super(`The step "${step}" was left as it is: ${why}`, { advice })
  }
}
