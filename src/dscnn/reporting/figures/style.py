"""How architectures are told apart in every figure: in the order of params.yaml."""

# Okabe and Ito's palette, told apart by colour-blind people; marks and hatches tell apart in grey print
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000"]
MARKS = ["o", "s", "^", "D", "v", "P", "X", "*"]
HATCHES = ["", "//", "..", "xx", "\\\\", "--", "++", "oo"]
