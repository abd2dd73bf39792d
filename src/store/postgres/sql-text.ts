/**
 * A template tag for statements of several lines that are built from parts. It removes the indentation of the code, and
 * indents all lines of a value like the line that contains the value: the text that the server gets is as readable as
 * the code.
 */
export function sql(strings: TemplateStringsArray, ...values: readonly string[]): string {
  const margins = strings.join('$').matchAll(/\n( *)\S/g)
  const common = Math.min(...Array.from(margins, ([, margin = '']) => margin.length))
  let text = ''
  for (const [index, string] of strings.entries()) {
    text += string.replaceAll(`\n${' '.repeat(common)}`, '\n')
    const [margin] = /^ */.exec(text.slice(text.lastIndexOf('\n') + 1)) ?? ['']
    text += (values[index] ?? '').replaceAll('\n', `\n${margin}`)
  }
  return text.trim()
}
