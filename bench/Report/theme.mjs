// One look for all pictures. Colours: Okabe and Ito's, which stay apart for every kind of colour blindness.
const ink = '#333';
const faint = '#e4e4e4';

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
  legend: { textStyle: { fontSize: 12, color: ink }, bottom: 4 },
  categoryAxis: axis,
  valueAxis: axis,
  logAxis: axis,
};
