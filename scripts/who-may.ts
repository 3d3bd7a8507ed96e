import { Role, type Route } from '../core/contracts/routes/route.ts'
import { routes } from '../core/contracts/routes.ts'

const CALLERS = [
  ...Role.options.map(role => ({
    title: `From ${role} on`,
    callers: `people and tokens with the role ${Role.options.slice(Role.options.indexOf(role)).join(' or ')}`,
    of: (route: Route) => route.audience === 'person' && route.role === role,
  })),
  {
    title: 'Gateways',
    callers: 'an enrolled gateway with a call signed by its own key, each for itself',
    of: (route: Route) => route.audience === 'gateway',
  },
  {
    title: 'Anyone with a one-time code',
    callers: 'whoever holds a code of `xenkeep gateways enrol`',
    of: (route: Route) => route.audience === 'code',
  },
]

/** docs/who-may.md: every call of the API and who may make it, as the handlers check it (functions/middleware/caller.ts). */
export const whoMay = (): string => {
  const all: readonly Route[] = Object.values(routes)
  const sections = CALLERS.map(({ title, callers, of }) => {
    const lines = all
      .filter(of)
      .map(({ method, path, summary }) => `- \`${method} ${path}\`: ${summary}`)
    return `## ${title}\n\nMay be called by ${callers}.\n\n${lines.sort().join('\n')}\n`
  })
  return `# Who may call what\n\nMade from the contracts (\`node scripts/who-may.ts\`); a test compares. Some calls ask for more than the role, by what is in them: [security.md](security.md).\n\n${sections.join('\n')}`
}

if (import.meta.main) process.stdout.write(whoMay())
