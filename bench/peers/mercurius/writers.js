// Two ways to commit: a transaction for each command, or one for all that came in the same turn of the event loop.

export function oneByOne (books) {
  const run = books.transaction((command, who, given) => command(who, given))
  return (name, who, given) => run(books.commands[name], who, given)
}

export function together (books) {
  // Each command has a savepoint, so that one that throws takes nothing with it.
  const guarded = books.nested((command, who, given) => command(who, given))
  const commit = books.transaction((batch) => batch.map(({ command, who, given }) => {
    try { return { value: guarded(command, who, given) } } catch (error) { return { error } }
  }))
  let waiting = []

  function turn () {
    const batch = waiting
    waiting = []
    let ends
    try { ends = commit(batch) } catch (error) { ends = batch.map(() => ({ error })) }
    batch.forEach(({ resolve, reject }, i) => 'error' in ends[i] ? reject(ends[i].error) : resolve(ends[i].value))
  }

  return (name, who, given) => new Promise((resolve, reject) => {
    if (waiting.push({ command: books.commands[name], who, given, resolve, reject }) === 1) setImmediate(turn)
  })
}
