// One look for all pictures. Colours: Okabe and Ito's, which stay apart for every kind of colour blindness.
const ink = '#333';
const faint = '#e4e4e4';
const itemGap = 16;

export const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f', '#000000'];
export const verdictColours = { Faster: '#009e73', Slower: '#d55e00', NoDifference: '#7f7f7f', None: '#bbbbbb' };

const axis = {
  axisLine: { lineStyle: { color: ink } },
  axisLabel: { color: ink, fontSize: 12 },
  nameTextStyle: { color: ink, fontSize: 12 },
  splitLine: { lineStyle: { color: faint } },
};

export const theme = {
  color: colours,
  textStyle: { fontFamily: 'system-ui, sans-serif', color: ink },
  title: { textStyle: { fontSize: 15, fontWeight: 600, color: ink }, subtextStyle: { fontSize: 12, color: '#666' }, left: 8, top: 6 },
  legend: { textStyle: { fontSize: 12, color: ink }, bottom: 4, itemGap },
  categoryAxis: axis,
  valueAxis: axis,
  logAxis: axis,
};

// Room that text takes, by a guess that errs to the safe side: there is no browser to measure it.
const widthOf = (text, fontSize) => text.length * fontSize * 0.58;
const linesOf = (text, fontSize, width) => {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (lines[lines.length - 1] && widthOf(longer, fontSize) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
};

// A title and what it says, broken into lines that fit; the chart begins below them, and its height grows by as much.
export const heading = (chart, width) => {
  const titles = linesOf(chart.title, 16, width - 16), says = linesOf(chart.says, 12.5, width - 16);
  const top = 28 + titles.length * 18 + says.length * 16;
  return { title: { text: titles.join('\n'), subtext: says.join('\n') }, top, height: chart.height + top - 62 };
};

// Rows that a legend takes.
export const legendRows = (names, width) => {
  let rows = 1, used = 0;
  for (const name of names) {
    const item = 25 + 5 + widthOf(name, 12) + itemGap;
    if (used > 0 && used + item > width - 10) { rows++; used = 0; }
    used += item;
  }
  return rows;
};
