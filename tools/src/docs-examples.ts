/** A fenced block of a page of Markdown. */
export interface Fence {
  readonly language: string;
  readonly text: string;
  /** From 1, of the line after the opening fence. */
  readonly line: number;
}

export function fencesOf(markdown: string): readonly Fence[] {
  const fences: Fence[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const language = /^```(\w*)\s*$/.exec(text)?.[1];
    if (language === undefined) open?.lines.push(text);
    else if (open === undefined) open = { language, line: index + 2, lines: [] };
    else {
      fences.push({ language: open.language, text: open.lines.join('\n'), line: open.line });
      open = undefined;
    }
  }
  return fences;
}

/** The code spans of a page, its fences left out. */
export function codeSpansOf(markdown: string): readonly string[] {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span ?? '');
}

/** Command lines of roadstead in spans and fences, as words after the program's name; shell around them is cut off. */
export function roadsteadLinesOf(markdown: string): readonly (readonly string[])[] {
  const lines = fencesOf(markdown).flatMap(({ text }) => text.split('\n'));
  return [...codeSpansOf(markdown), ...lines].flatMap((text) =>
    [...text.matchAll(/(?:^|[\s(])(?:bin\/)?roadstead ([a-z][^|&;>#)]*)/g)].map(([, rest]) =>
      (rest ?? '')
        .replaceAll(/'[^']*'|"[^"]*"/g, 'QUOTED')
        .trim()
        .split(/\s+/),
    ),
  );
}

/** Where the links of a page lead that stay in the repository, without anchors. */
export function localLinksOf(markdown: string): readonly string[] {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]+`/g, '');
  return [...prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map(([, target]) => target ?? '')
    .filter((target) => !/^[a-z]+:/.test(target));
}
