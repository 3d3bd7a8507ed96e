import { action, answer, newCommand, type Program } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { ExitCode } from '../../exit-codes.ts'
import { quoted, safeText } from '../../output/safe-text.ts'
import { findGuest } from './find-guest.ts'

/** `xenkeep guests drilled`. JSON: the drill as it is kept, and the label. */
export const drilledCommand = (program: Program) =>
  newCommand('drilled', 'tell that the drill of a recipe was gone through on a guest, and held', [
    'xenkeep guests drilled sql-01 --recipe sql-server --note "restored to SQL9, 3 databases"',
  ])
    .argument('<guest>', 'UUID or exact name')
    .requiredOption('--recipe <name>', 'the recipe; its drill stands in docs/recipes.md')
    .requiredOption('--note <text>', 'what was done and seen; it is kept')
    .action(
      action(
        program,
        async (session, wanted: string, { recipe, note }: { recipe: string; note: string }) => {
          const { guestUuid, name } = await findGuest(session, wanted)
          if (note.trim().length < 10)
            throw new UsageError('A note has at least 10 characters: what was done, and seen.')
          const reply = await session.client.call('tellDrill', {
            params: { guestUuid },
            body: { recipe, note },
          })
          answer(session, reply, () => [
            `The recipe ${quoted(reply.recipe)}, version ${reply.version}, is ${safeText(reply.label)} in ${quoted(name)}.`,
          ])
          return ExitCode.ok
        },
      ),
    )
